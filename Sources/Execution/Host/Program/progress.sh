# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# What the host is in the middle of, which release counts, and how the last transaction ended.
#
# What a host is in the middle of is said by one file, and rename(2) decides every race for it:
#   pending     the release in it is switched to, or is switched and waits for its confirmation
#   confirming  it is confirmed; what belongs to that is being finished
#   undoing     it was not confirmed in time, or failed; the release before is being put back
#
# global read_progress: at_release at_before at_mode at_phase at_who
# global find_current: current
# global find_linked: linked
# global find_result: result
# global find_fingerprint: fingerprint

# Only one process puts releases in force at a time: the timer waits for the transaction's own hand.
# Its own programs are bounded, so that it ends.
hold_switch() { exec 8>> "$run/switch" && flock 8; }

# Reads the file $1, which says what the host is in the middle of. Sets its words: the release, the one
# before, the mode, `switching` or `applied`, who asked; empty where there is no such file.
read_progress() {
  at_release='' at_before='' at_mode='' at_phase='' at_who=''
  { read -r at_release at_before at_mode at_phase at_who < "$root/$1"; } 2>/dev/null
}

# Sets current, the number of the release that counts, 0 where there is none: one that is not confirmed
# does not.
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

# Sets linked, the number of the release that the link leads to, 0 where there is none.
find_linked() {
  linked=0
  if [ -d "$root/current" ]; then
    linked=$(cd -P "$root/current" && pwd)
  elif [ -L "$root/current" ]; then
    linked=$(readlink "$root/current")
  fi
  linked=${linked##*/}
}

# Sets fingerprint, what a transaction relies on: release $1 by its number and its manifest.
find_fingerprint() {
  local sum
  fingerprint=none
  [ "$1" != 0 ] || return 0
  sum=$(sha256sum "$root/releases/$1/manifest" 2>/dev/null)
  fingerprint=$1:${sum%% *}
}

# Sets result, how the last transaction ended; a host that deploy has left remembers until it restarts.
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

# Writes down how a transaction ended, for the next survey and the system's log.
record_result() {
  printf '%s\n' "$*" > "$root/result.new" && mv "$root/result.new" "$root/result"
  if command -v logger > /dev/null 2>&1; then logger -t deploy "release $*"; fi
}
