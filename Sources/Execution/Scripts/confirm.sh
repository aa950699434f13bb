# shellcheck shell=sh disable=SC2154 # host.sh, before it, has the folders
# Confirms a release, over a connection that was opened after the switch: that it could be opened is the
# proof. Runs behind host.sh and force.sh. Asked twice, it gives the same answer twice.
#
# Arguments: release, how many releases are kept, the digest of the release's manifest where the controller
# knows it: another run may have given the same number to a release of its own.

set -u

main() {
  release=$1 keep=$2 digest=$3
  trap '' HUP PIPE
  umask 022
  mkdir -p "$run"
  # A switch that is still going on is waited for; what it leaves pending and applied is proven.
  exec 8>> "$run/switch"
  until flock -w 5 8; do say waiting; done
  if [ "$(word_of pending 1) $(word_of pending 4)" = "$release applied" ] && is_meant &&
    mv "$root/pending" "$root/confirming" 2>/dev/null; then
    finish
    say confirmed "$release"
  else
    exec 8>&-
    tell_verdict
  fi
}

is_meant() { [ -z "$digest" ] || [ "$(fingerprint "$release")" = "$release:$digest" ]; }

# The confirmation stands from the rename on; a restart in between changes nothing of it.
finish() {
  if has_systemd; then systemctl stop "deploy-undo-$release.timer" > /dev/null 2>&1; fi
  if [ "$release" = 0 ]; then
    remove_units
    rm -rf "$root"
    if has_systemd; then systemctl daemon-reload; fi
    return
  fi
  record_verdict "$release" confirmed
  prune
  sync "$root" 2>/dev/null
  rm -f "$root/confirming"
}

# Keeps the release in force and those before it.
prune() {
  for folder in "$root"/releases/*; do printf '%s\n' "${folder##*/}"; done | grep -x '[0-9]*' |
    sort -rn | grep -vx "$release" | tail -n "+$keep" |
    while IFS= read -r number; do rm -rf "$root/releases/${number:?}"; done
}

# Somebody decided before: waits until that has been carried out, and tells how it ended.
tell_verdict() {
  if [ -e "$run/lock" ]; then
    exec 9< "$run/lock"
    until flock -s -w 5 9; do say waiting; done
  fi
  if [ "$release" = 0 ] && [ ! -d "$root" ]; then
    say confirmed 0
  elif [ "$(linked_release)" = "$release" ] && [ ! -f "$root/pending" ] && [ ! -f "$root/undoing" ]; then
    # What is written down may be older than that: the disk may be full.
    if is_meant; then say verdict "$release" confirmed; else say verdict "$release" replaced; fi
  elif [ "$(cut -d ' ' -f 1 "$root/verdict" 2>/dev/null)" = "$release" ]; then
    say verdict "$(cat "$root/verdict")"
  else
    say verdict "$release" unknown "$(linked_release)"
  fi
}

main "$@"
