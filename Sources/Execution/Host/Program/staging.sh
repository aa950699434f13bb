# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Stores a complete release on the host.
#
# global stage: is_staged digest
# global receive: keeps_rules

stage() {
  if [ -e "$work" ]; then rm -rf "$work"; fi
  if [ "$mode" = install ]; then
    [ "$release" = "$previous" ] && refuse changed "$fingerprint"
    is_staged=yes
    if [ -e "$staged" ]; then rm -rf "${staged:?}"; fi
    mkdir -p "$work/log" "$staged" 2> "$run/errors" || refuse_with no-space
    watch_controller "$stall" "$staged"
    receive 2> "$run/errors" || refuse_with staging
    if has_nginx "$release"; then true > "$staged/nginx/served" || refuse no-space; fi
  else
    mkdir -p "$work/log" 2> "$run/errors" || refuse_with no-space
  fi
  watch_controller "$patience"
  if [ "$mode" != remove ]; then
    [ -f "$staged/manifest" ] || refuse gone "$release"
    check_digests > "$run/errors" 2>&1 || refuse_with damaged
    if [ "$mode" != install ]; then
      find_fingerprint "$release"
      digest=${fingerprint#*:}
      say restores "$fingerprint"
    fi
    cd "$staged" && find_below
    # shellcheck disable=SC2086 # the names of all files
    persist . $below
    cd /
  fi
  # What the switch and its confirmation write has its place already: a disk that fills up meanwhile fails none
  # of them half-way.
  if [ "$mode" = install ]; then
    write_reserve 2> "$run/errors" || refuse_with no-space
  fi
  say staged
}

write_reserve() {
  local filler='................'
  until [ "${#filler}" -ge 16384 ]; do filler=$filler$filler; done
  write_text "$root/reserve" "$filler"
}

# Takes the names of files that stay as they are, one on each line, and then the stream with the others.
receive() {
  local path left="$kept"
  set --
  keeps_rules=''
  while [ "$left" -gt 0 ]; do
    IFS= read -r path || return 1
    set -- "$@" "$path"
    if [ "$path" = firewall.nft ]; then keeps_rules=yes; fi
    left=$((left - 1))
  done
  head -c "$size" | tar -x -o -p -f - -C "$staged" && [ -f "$staged/manifest" ] && keep_files "$@" ||
    return 1
  # Kernel settings are compared with those of the release before.
  if [ -f "$staged/firewall.sysctl" ] || [ -f "$root/releases/$previous/firewall.sysctl" ]; then
    keeps_rules=''
  fi
}

# Copies these files from the release before. Few systems have a cp that cannot make their folders.
keep_files() {
  local path
  [ $# -gt 0 ] || return 0
  cd "$root/releases/$previous" || return 1
  if ! cp -p --parents "$@" "$staged/" 2> /dev/null; then
    for path; do
      case $path in */*) [ -d "$staged/${path%/*}" ] || mkdir -p "$staged/${path%/*}" || return 1 ;; esac
      cp -p "$path" "$staged/$path" || return 1
    done
  fi
  cd /
}

# Compares the files with the manifest, and that with the digest that the controller knows.
check_digests() {
  cd "$staged" || return 1
  sed -n -e 's/^file \([0-9a-f]*\) [0-7]* /\1  /p' ${digest:+-e "1s/.*/$digest  manifest/p"} manifest |
    sha256sum -c > "$work/digests" || {
    grep -v ': OK$' "$work/digests"
    return 1
  }
  cd /
}
