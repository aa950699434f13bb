# shellcheck shell=sh disable=SC2154 # host.sh, before it, has the folders
# What a host does by itself, with nobody connected. Runs behind host.sh and force.sh, from a file on
# the host.
#
#   timer SECONDS RELEASE   waits, then takes RELEASE back unless it is confirmed by then
#   now RELEASE             takes RELEASE back unless it is confirmed
#   boot                    before nginx and the network are up: no unconfirmed release survives a restart
#   firewall                loads the firewall of the release in force

set -u

main() {
  umask 022
  mkdir -p "$run"
  case $1 in
    timer) wait_and_undo "$2" "$3" ;;
    now) undo_unless_confirmed "$2" ;;
    boot) boot ;;
    firewall) load_firewall "$(linked_release)" ;;
  esac
}

# Seconds are counted, for a clock can be set; and a confirmation ends the wait at once.
wait_and_undo() {
  asked=
  trap 'asked=yes' TERM
  left=$((5 * $1))
  while [ "$left" -gt 0 ]; do
    sleep 0.2
    left=$((left - 1))
    [ "$(word_of pending 1)" = "$2" ] || exit 0
    if [ -n "$asked" ] && goes_down; then exit 0; fi
  done
  undo_unless_confirmed "$2"
}

# The end of a login may ask all that it started to end, and this waits on; but a host that goes down
# asks as well, and would wait for this.
goes_down() { has_systemd && [ "$(systemctl is-system-running)" = stopping ]; }

undo_unless_confirmed() {
  hold_switch
  [ "$(word_of pending 1)" = "$1" ] || [ "$(word_of undoing 1)" = "$1" ] || exit 0
  undo 'it was not confirmed in time'
}

boot() {
  rm -f "$root/confirming"
  if [ -f "$root/pending" ]; then mv "$root/pending" "$root/undoing"; fi
  if [ -f "$root/undoing" ]; then
    link_release "$(word_of undoing 2)" && finish_undo 'the host restarted before it was confirmed'
  fi
  if [ -d "$root" ]; then load_firewall "$(linked_release)"; else forget_units_later; fi
}

# systemd waits for the end of the boot-time check, so the check cannot wait for systemd.
forget_units_later() {
  systemd-run --quiet --collect --no-block --property=After=deploy.service \
    /bin/sh -c 'systemctl daemon-reload && systemctl stop deploy.service'
}

main "$@"
