# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# What a host does without a controller, under the program's other name: undo.sh in the root of the
# releases. Units and timers of earlier versions call it with the same arguments.
#
#   timers SECONDS RELEASE  two processes wait, then roll RELEASE back unless it is confirmed by then
#   timer SECONDS RELEASE   one does, as earlier versions call it
#   now RELEASE             rolls RELEASE back unless it is confirmed
#   boot                    before nginx and the network are up: rolls back an unconfirmed release
#   firewall                loads the firewall of the current release

act_alone() {
  umask 022
  make_run_folder
  case $1 in
    timers)
      (wait_and_undo "$(($2 + 1))" "$3") &
      wait_and_undo "$2" "$3" "$!"
      ;;
    timer) wait_and_undo "$2" "$3" ;;
    now) undo_unless_confirmed "$2" ;;
    boot) boot ;;
    firewall) find_linked && load_rules "$linked" ;;
  esac
}

# Waits $1 seconds, and rolls release $2 back. Seconds are counted because a clock can be changed. A
# confirmation ends the wait at once with a signal, which is passed on to the process $3; if the signal is
# lost, a second later.
wait_and_undo() {
  local asked=0 left="$1" other="${3-}" heard attempts=1
  # shellcheck disable=SC2086 # nothing, or one word
  trap 'asked=$((asked + 1)); [ -z "$other" ] || kill $other 2> /dev/null' TERM
  while [ "$left" -gt 0 ]; do
    heard=$asked
    sleep 1 8>&- 9>&- &
    wait "$!"
    if [ "$asked" = "$heard" ]; then left=$((left - 1)); else kill "$!" 2>/dev/null; fi
    is_unconfirmed "$2" || exit 0
    if [ "$asked" -gt 0 ] && goes_down; then exit 0; fi
  done
  # An nginx that cannot be restored now may be repaired in the meantime.
  until undo_unless_confirmed "$2" || [ "$attempts" -ge 12 ]; do
    attempts=$((attempts + 1))
    exec 8>&-
    sleep 5
  done
}

# The end of a login may send SIGTERM to every process that it started, and this keeps waiting; but a host
# that shuts down sends it as well, and would wait for this.
goes_down() { has_systemd && [ "$(systemctl is-system-running)" = stopping ]; }

undo_unless_confirmed() {
  hold_switch
  is_unconfirmed "$1" || exit 0
  undo 'it was not confirmed in time'
}

# A rollback in progress counts too: its process may be killed or fail. No program is started for this,
# because a lack of memory must not look like a confirmation.
is_unconfirmed() {
  local state number
  for state in pending undoing; do
    number=
    { read -r number _ < "$root/$state"; } 2>/dev/null
    [ "$number" = "$1" ] && return
  done
  return 1
}

boot() {
  if [ -f "$root/confirming" ]; then finish_confirmation; fi
  if [ -f "$root/pending" ]; then mv "$root/pending" "$root/undoing"; fi
  if [ -f "$root/undoing" ]; then
    read_progress undoing
    link_release "$at_before" && finish_undo 'the host restarted before it was confirmed'
  fi
  if [ -d "$root" ]; then find_linked && load_firewall "$linked"; else forget_units_later; fi
}

# systemd waits for the end of the boot-time check, so the check cannot wait for systemd.
forget_units_later() {
  has_systemd || return 0
  systemd-run --quiet --collect --no-block --property=After=deploy.service \
    /bin/sh -c 'systemctl daemon-reload && systemctl stop deploy.service' 2> /dev/null
  :
}
