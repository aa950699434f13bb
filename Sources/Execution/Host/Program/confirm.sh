# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Confirms a release over a connection that was opened after the switch, which proves that new connections
# work. A second call gives the same answer.
#
# Arguments: the release; how many releases are kept; the digest of the release's manifest, empty if the
# controller does not know it: another run may have used the same number for a different release.
#
# global confirm_release: release keep digest restarted
# global prune: outdated
# global prune_programs: outdated

confirm_release() {
  take_arguments 'release keep digest' "$@"
  take_numbers release keep
  trap '' HUP PIPE
  umask 022
  # A restart empties the folder: a pending release was not verified after the restart.
  restarted=
  [ -e "$run/lock" ] || restarted=yes
  make_run_folder
  exec 9>> "$run/lock"
  if takes_over || { wait_for_switch && takes_over; }; then
    finish
    say confirmed "$release"
  else
    tell_result
  fi
  exec 9>&-
}

# Waits for a switch in progress: a release that is applied after it is verified.
wait_for_switch() {
  exec 8>> "$run/switch"
  wait_for 8
  exec 8>&-
}

# Confirms the release if it is applied; the rename decides between this and the timers.
takes_over() {
  local applied=''
  read_progress pending
  { read -r applied < "$run/applied"; } 2> /dev/null
  [ -z "$restarted" ] && [ "$at_release $applied" = "$release $release" ] && is_pending &&
    mv "$root/pending" "$root/confirming" 2> /dev/null
}

# Whether it is the release that is meant which is pending; the progress says its manifest's digest.
is_pending() { [ -z "$digest" ] || [ "$at_digest" = "$digest" ]; }

# Waits for the lock $1. Its holder ends: the transaction within its window, its rollback within its
# attempts. The wait is limited in case the disk or a program hangs.
wait_for() {
  local rounds=0
  until take_lock "$1"; do
    rounds=$((rounds + 1))
    [ "$rounds" -lt "$confirm_attempts" ] || give_up
    say waiting
  done
}

give_up() {
  find_linked
  say result "$release" unknown "$linked"
  exit 0
}

is_meant() {
  [ -n "$digest" ] || return 0
  find_fingerprint "$release"
  [ "$fingerprint" = "$release:$digest" ]
}

# The release is confirmed; the rest is done under the host's lock, which the timers release within a
# moment. A process that held the lock in between has already done it.
finish() {
  wake_timers
  flock 9
  read_progress confirming
  [ "$at_release" = "$release" ] || return 0
  [ "$release" = 0 ] || prune
  finish_confirmation
  disarm "$release"
}

# The timers look every second whether there is still something to undo; now they look at once. A number
# that another process has by now is left alone.
wake_timers() {
  local timers='' timer words
  { read -r timers < "$run/timers"; } 2>/dev/null
  for timer in $timers; do
    words=
    { IFS= read -r words < "/proc/$timer/cmdline"; } 2>/dev/null
    case $words in *"$root/undo.sh"*) kill -TERM "$timer" 2>/dev/null ;; esac
  done
}

# Keeps the current release, the previous one, and those with the highest numbers. Adds the others to
# outdated.
prune() {
  local kept number other higher
  set --
  for kept in "$root"/releases/*; do
    kept=${kept##*/}
    if is_number "$kept" && [ "$kept" != "$release" ]; then set -- "$@" "$kept"; fi
  done
  for number; do
    higher=0
    for other; do [ "$other" -le "$number" ] || higher=$((higher + 1)); done
    if [ "$higher" -ge $((keep - 1)) ] && [ "$number" != "$at_before" ]; then
      outdated="$outdated $root/releases/${number:?}"
    fi
  done
  prune_programs
  for kept in "$root"/discarded/*; do
    kept=${kept##*/}
    # The certificates issued for it are listed in the manifest of this release too.
    if is_number "$kept" && [ "$kept" -lt "$release" ]; then outdated="$outdated $root/discarded/$kept"; fi
  done
}

# Keeps the program that is in use here and the youngest of the others, which another controller may be about
# to run. What is armed and what systemd calls is undo.sh, which is a link of its own.
prune_programs() {
  local program kept=''
  for program in "$root"/lib/*; do
    case ${program##*/} in *[!0-9a-f]*) continue ;; esac
    # shellcheck disable=SC3013 # dash, ash and bash have -ef and -nt, and POSIX has them since 2024
    if [ ! -f "$program" ] || [ "$program" -ef "$root/undo.sh" ]; then
      continue
    elif [ -z "$kept" ]; then
      kept=$program
    elif [ "$program" -nt "$kept" ]; then
      outdated="$outdated $kept"
      kept=$program
    else
      outdated="$outdated $program"
    fi
  done
}

# Another process has decided before: waits until it has finished, and reports the result. A transaction
# that is still open then has no process that would end it, because the lock is free.
tell_result() {
  local why
  wait_for 9
  if [ -f "$root/pending" ] || [ -f "$root/undoing" ]; then
    hold_switch
    why='it was cut off'
    [ -z "$restarted" ] || why='the host restarted before it was confirmed'
    undo "$why"
    exec 8>&-
  fi
  find_current
  find_result
  if [ -f "$root/undoing" ]; then
    say failed "$current"
  elif [ "$current" = "$release" ]; then
    # What is written down may be older than that: the disk may be full.
    if is_meant; then say confirmed "$release"; else say result "$release" replaced; fi
  elif [ "${result%% *}" = "$release" ]; then
    say result "$result"
  else
    find_linked
    say result "$release" unknown "$linked"
  fi
}
