# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Runs the command of the first argument.

main() {
  local task="${1-}"
  [ $# = 0 ] || shift
  case $task in
    survey) survey_host "$@" ;;
    manifest) say_manifest "$@" ;;
    transaction) transact "$@" ;;
    confirm) confirm_release "$@" ;;
    timer | now | boot | firewall) act_alone "$task" "$@" ;;
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
