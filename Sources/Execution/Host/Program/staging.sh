# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Stores a complete release on the host.
#
# global stage: is_staged

stage() {
  if [ -e "$work" ]; then rm -rf "$work"; fi
  mkdir -p "$work/log" 2> "$run/errors" || refuse_with no-space
  if [ "$mode" = install ]; then
    [ "$release" = "$previous" ] && refuse changed "$fingerprint"
    is_staged=yes
    if [ -e "$staged" ]; then rm -rf "${staged:?}"; fi
    mkdir -p "$staged" 2> "$run/errors" || refuse_with no-space
    unpack "$staged" 2> "$run/errors" || refuse_with staging
    keep_files 2> "$run/errors" || refuse_with staging
    if has_nginx "$release"; then true > "$staged/nginx/served" || refuse no-space; fi
  else
    watch_controller "$patience"
  fi
  if [ "$mode" != remove ]; then
    [ -f "$staged/manifest" ] || refuse gone "$release"
    check_digests > "$run/errors" 2>&1 || refuse_with damaged
    if [ "$mode" != install ]; then find_fingerprint "$release" && say restores "$fingerprint"; fi
    find "$staged" -exec sync {} + 2>/dev/null || sync
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
  write_text "$staged/reserve" "$filler"
}

# A stalled stream is given up long before a slow one.
unpack() {
  local unpacked
  watch_controller "$stall" "$1"
  head -c "$size" | tar -x -o -p -f - -C "$1"
  unpacked=$?
  watch_controller "$patience"
  return "$unpacked"
}

# Copies what stays as it is from the release before, as the list in the stream says.
keep_files() (
  local target='' path next
  set --
  while IFS= read -r path; do
    case $path in */*) next=$staged/${path%/*} ;; *) next=$staged ;; esac
    if [ "$next" != "$target" ]; then
      copy_files "$target" "$@" || exit 1
      target=$next
      set --
    fi
    set -- "$@" "$root/releases/$previous/$path"
  done < "$staged/keep"
  copy_files "$target" "$@" && mv "$staged/keep" "$work"
)

# Copies files into the folder $1, which is made where it is missing.
copy_files() {
  [ $# -gt 1 ] || return 0
  local into="$1"
  shift
  [ -d "$into" ] || mkdir -p "$into" || return
  cp -p "$@" "$into/"
}

check_digests() (
  cd "$staged" || exit 1
  sed -n 's/^file \([0-9a-f]*\) [0-7]* /\1  /p' manifest | sha256sum -c > "$work/digests" && exit 0
  grep -v ': OK$' "$work/digests"
  exit 1
)
