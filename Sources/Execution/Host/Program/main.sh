# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Runs the command of the first argument.

# The controller may send another call to the same process: its words, quoted, in a line on standard
# input. That saves the host a login shell and the start of this program.
main() {
  local call
  while :; do
    forget
    run_task "$@"
    IFS= read -r call || exit 0
    eval "set -- $call"
  done
}

run_task() {
  local task="${1-}"
  [ $# = 0 ] || shift
  case $task in
    survey) survey_host "$@" ;;
    manifest) say_manifest "$@" ;;
    transaction) transact "$@" ;;
    confirm) confirm_release "$@" ;;
    connections) count_connections "$@" ;;
    timers | timer | now | boot | firewall)
      act_alone "$task" "$@"
      exit
      ;;
    *) reject "the task \"$task\" is not known" ;;
  esac
}

# Sends the manifest of a release that the host still has, current or not.
say_manifest() {
  local release
  take_arguments 'release' "$@"
  take_numbers release
  say_lines manifest "$root/releases/$release/manifest"
  say end
}

main "$@"
