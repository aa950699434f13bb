# shellcheck shell=sh disable=SC2154 # host.sh, before it, has the folders
# What this host is, in one go and without touching anything. Runs behind host.sh and surroundings.sh.

tools='nginx nft iptables iptables-restore ip6tables ip6tables-restore tar flock sha256sum readlink head tail cut wc tr sed grep find sort xargs'

main() {
  wait_for_settling
  say survey 1
  say clock "$(date +%s)"
  say user "$(id -u)"
  [ -d /run/systemd/system ] && say systemd
  # shellcheck disable=SC2086 # a list of words
  for tool in $tools; do
    command -v "$tool" > /dev/null 2>&1 || say missing "$tool"
  done
  [ -n "${1-}" ] && say controller "${1%% *}"
  survey_nginx
  survey_release
  survey_firewall
  survey_surroundings "${1-}"
  say end
}

# A release that waits for its confirmation or is being undone is waited for, so that what is told is
# one state and not two. That ends by itself: whoever holds the lock then has a timer.
wait_for_settling() {
  if [ ! -e "$run/lock" ] || ! command -v flock > /dev/null 2>&1; then return 0; fi
  exec 9< "$run/lock"
  while [ -f "$root/pending" ] || [ -f "$root/undoing" ] || [ -f "$root/confirming" ]; do
    flock -s -w 5 9 && return
    say waiting "$(cat "$run/holder" 2>/dev/null)"
  done
}

survey_nginx() {
  command -v nginx > /dev/null 2>&1 || return 0
  version=$(nginx -v 2>&1)
  say nginx "${version##*nginx/}"
  master=$(nginx_master) || return 0
  say running "$master"
  for release in $(served_releases "$master"); do say served "$release"; done
  say retiring "$(retiring_workers "$master" | wc -l)"
}

survey_release() {
  latest=0
  for folder in "$root"/releases/*; do
    number=${folder##*/}
    case $number in *[!0-9]*) continue ;; esac
    [ "$number" -gt "$latest" ] && latest=$number
    say kept "$number"
  done
  say latest "$latest"
  for state in pending undoing; do
    [ -f "$root/$state" ] && say interrupted "$(word_of "$state" 1)"
  done
  verdict=$(last_verdict) && say verdict "$verdict"
  current=$(current_release)
  say fingerprint "$(fingerprint "$current")"
  say include "$include"
  [ "$(cat "$include" 2>/dev/null)" = "$(include_text)" ] && say included
  [ "$current" = 0 ] && return 0
  say current "$current"
  [ -f "$root/releases/$current/before" ] && say before "$(cat "$root/releases/$current/before")"
  cd "$root/releases/$current" || return 0
  sed 's/^/@deploy manifest /' manifest
  sed -n 's/^file \([0-9a-f]*\) [0-7]* /\1  /p' manifest | sha256sum -c 2>/dev/null |
    sed -n 's/: FAILED.*//p' | sed 's/^/@deploy drift /'
  find nginx firewall.nft firewall.iptables firewall.ip6tables tls -type f ! -name '*.key' ! -name served \
    -exec grep -H '' {} + 2>/dev/null | sed 's/^/@deploy text /'
}

survey_firewall() {
  if ! loaded=$(list_firewall "$current" 2>/dev/null); then
    say firewall absent
  elif [ "$loaded" = "$(cat "$root/releases/$current/firewall.listing" 2>/dev/null)" ]; then
    say firewall as-installed
  else
    say firewall changed
  fi
}

# Takes what sshd says of the controller's connection.
survey_surroundings() {
  survey_addresses
  survey_listeners
  survey_ssh "$1"
  survey_rules
  survey_managers
  survey_space
  survey_patches
}

main "$@"
