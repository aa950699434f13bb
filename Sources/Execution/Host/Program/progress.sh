# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Reads the progress of a transaction, the current release, and the result of the last transaction.
#
# The progress of a transaction is recorded in one file, and rename(2) decides every race for it:
#   pending     the host switches to the release in it, or has switched and waits for the confirmation;
#               it waits once $run/applied has the number of the release, which a restart forgets
#   confirming  the release is confirmed; the rest of the confirmation is being completed
#   undoing     the release failed or was not confirmed in time; the previous one is being restored
#
# global read_progress: at_release at_before at_mode at_digest
# global find_current: current
# global find_linked: linked
# global find_result: result
# global find_fingerprint: fingerprint

# Only one process switches releases at a time: the timer waits for the transaction itself.
# The programs that it runs have time limits, so that it ends.
hold_switch() { exec 8>> "$run/switch" && flock 8; }

# Reads the progress file $1. Sets its words: the release, the previous release and the mode; empty if there
# is no such file. The digest of the release's manifest, or a dash, and the user who started it follow.
read_progress() {
  at_release='' at_before='' at_mode='' at_digest=''
  { read -r at_release at_before at_mode at_digest _ < "$root/$1"; } 2>/dev/null
}

# Sets current, the number of the confirmed release, 0 if there is none.
find_current() {
  local middle
  for middle in pending undoing; do
    [ -f "$root/$middle" ] || continue
    read_progress "$middle"
    current=$at_before
    return
  done
  find_linked
  current=$linked
}

# Sets linked, the number of the release that the link points to, 0 if there is none.
find_linked() {
  linked=0
  if cd -P "$root/current" 2> /dev/null; then
    linked=$PWD
    cd /
  elif [ -L "$root/current" ]; then
    linked=$(readlink "$root/current")
  fi
  linked=${linked##*/}
}

# Sets fingerprint, which identifies release $1 by its number and its manifest.
find_fingerprint() {
  local sum
  fingerprint=none
  [ "$1" != 0 ] || return 0
  sum=$(sha256sum "$root/releases/$1/manifest" 2>/dev/null)
  fingerprint=$1:${sum%% *}
}

# Sets result, the result of the last transaction; after the removal of deploy it is kept until a restart.
# Version 0.1.0 called the file "verdict".
find_result() {
  local folder
  result=
  for folder in "$root" "$run"; do
    { IFS= read -r result < "$folder/result" || IFS= read -r result < "$folder/verdict"; } 2>/dev/null &&
      return 0
  done
  return 1
}

# Records the result of a transaction, for the next survey and the system's log. The progress file stays until
# it is written, so an interrupted one is written again.
record_result() {
  printf '%s\n' "$*" > "$root/result"
  if command -v logger > /dev/null 2>&1; then logger -t deploy "release $*"; fi
}
