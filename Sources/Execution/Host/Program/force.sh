# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Activates a release, and rolls it back.
#
# global put_in_force: failure

# Activates release $1: the link, the include, nginx, the firewall. Each step may be repeated.
# If it fails, $failure names the step, and $run/errors has the output of the program that failed.
#
# A firewall that the release has from the one before, and that is loaded unchanged, stays as it is.
#
# While nginx changes from one release to the other, incoming packets have to pass the rules of both: a port
# that it starts to listen on is closed until then, and one that it stops listening on is protected until
# then. Connections that both releases allow pass both. A rollback ($2) restores nginx even if rules cannot
# be loaded.
put_in_force() {
  local has_rules=''
  failure=files
  link_release "$1" 2> "$run/errors" || return 1
  failure=firewall
  if [ -z "${2-}" ] && [ -n "$keeps_rules" ] && [ ! -e "$run/closed" ] && is_loaded "$previous"; then
    write_text "$root/releases/$1/firewall.listing" "$loaded$nl" 2> "$run/errors" || return 1
    has_rules=yes
  else
    add_rules "$1" 2> "$run/errors" || [ -n "${2-}" ] || return 1
  fi
  failure=reload
  reload "$1" || return 1
  failure=firewall
  # Another program may have removed them while nginx was reloaded.
  if [ -z "$has_rules" ] || ! is_loaded "$1"; then load_firewall "$1" 2> "$run/errors"; fi
}

link_release() {
  find_include
  if [ "$1" = 0 ]; then
    rm -f "$include" "$root/current"
    return
  fi
  has_nginx "$1" || rm -f "$include"
  ln -sfn "releases/$1" "$root/current.new" && mv -T "$root/current.new" "$root/current" || return 1
  if has_nginx "$1"; then write_include; fi
}

write_include() {
  is_included && return 0
  make_include_folder && include_text > "$include.new" && persist "$include.new" &&
    mv "$include.new" "$include"
}

# A folder that was made for the include is removed with it, unless it is used for other files.
make_include_folder() {
  [ -d "${include%/*}" ] && return
  true > "$root/made-folder" && mkdir -p "${include%/*}"
}

# Rolls back the unconfirmed release to the previous one; $1 is the reason. Only the process that wins the
# rename begins it, and an interrupted rollback is begun again.
#
# The firewall is restored even if nginx cannot be: it may be what blocks all connections.
undo() {
  mv "$root/pending" "$root/undoing" 2>/dev/null || [ -f "$root/undoing" ] || return 1
  read_progress undoing
  if ! put_in_force "$at_before" undo; then
    if [ "$failure" != firewall ]; then
      close_ports
      load_rules "$at_before" beside && set_kernel "$at_before"
    fi 2> /dev/null
    return 1
  fi
  finish_undo "$1"
  disarm "$at_release"
}

finish_undo() {
  rm -rf "$run/transaction"
  read_progress undoing
  record_result "$at_release" reverted "$1"
  if [ "$at_before" = 0 ]; then
    remove_everything
    return
  fi
  if [ "$at_mode" = install ]; then discard_release "$at_release"; fi
  rm -f "$root/reserve" "$root/undoing"
}

# Removes release $1, which was not confirmed. Its manifest stays: it names certificates whose keys were here,
# and which perhaps no other operator knows of.
discard_release() {
  local folder="$root/releases/${1:?}" kept="$1"
  # The manifest is written first: if it is truncated, nothing else of the release was here.
  if [ -L "$root/current" ] && [ "$(tail -n 1 "$folder/manifest")" = end ]; then
    while knows_more "$root/discarded/$kept" "$folder/manifest"; do kept=$((kept + 1)); done
    mkdir -p "$root/discarded" && mv "$folder/manifest" "$root/discarded/$kept"
  fi 2> /dev/null
  rm -rf "$folder"
}

# Whether manifest $1 names certificates or revocations that manifest $2 does not.
knows_more() { grep -e '^issued ' -e '^revoked ' "$1" | grep -qvxF -f "$2"; }

# A release is confirmed as soon as the file is renamed; this completes the rest, also after a crash. That file
# goes last, after what the confirmation has found to be outdated.
finish_confirmation() {
  read_progress confirming
  record_result "$at_release" confirmed
  if [ "$at_release" = 0 ]; then
    remove_everything
    return
  fi
  printf '%s\n' "$at_before" > "$root/releases/$at_release/before"
  persist "$root" "$root/result"
  # shellcheck disable=SC2086 # a word for each path
  rm -rf $outdated "$run/transaction" "$root/reserve" "$root/confirming"
}

# The releases are removed first, because they contain the keys. The working folder has a copy of the host's own
# nginx configuration, with its keys.
remove_everything() {
  find_include
  remove_units
  if [ -f "$root/result" ]; then cp "$root/result" "$run/result"; fi
  remove_tables
  if [ -f "$root/made-folder" ]; then rmdir "${include%/*}" 2>/dev/null; fi
  rm -rf "$root/releases" "$run/transaction" "$root"
}
