# What this host is, in one go and without touching anything. Runs behind host.sh.

tools='nginx nft tar flock sha256sum readlink head sed grep cmp find sort'

main() {
  # A transaction that is under way is waited for, so that what is told is one state and not two: as
  # long as nginx may take to refuse a release and to take the one before again.
  if [ -e "$run/lock" ] && command -v flock > /dev/null 2>&1; then
    exec 9< "$run/lock"
    flock -s -w "${DEPLOY_LOCK_SECONDS:-40}" 9 || say locked
  fi
  say survey 1
  say clock "$(date +%s)"
  say user "$(id -u)"
  [ -d /run/systemd/system ] && say systemd
  # shellcheck disable=SC2086 # a list of words
  for tool in $tools; do
    command -v "$tool" > /dev/null 2>&1 || say missing "$tool"
  done
  [ -n "${SSH_CONNECTION-}" ] && say controller "${SSH_CONNECTION%% *}"
  survey_nginx
  survey_release
  survey_firewall
  say end
}

survey_nginx() {
  command -v nginx > /dev/null 2>&1 || return 0
  version=$(nginx -v 2>&1)
  say nginx "${version##*nginx/}"
  master=$(nginx_master) || return 0
  say running "$master"
  for release in $(served_releases "$master"); do say served "$release"; done
}

survey_release() {
  latest=0
  for folder in "$root"/releases/*; do
    number=${folder##*/}
    case $number in *[!0-9]*) continue ;; esac
    [ "$number" -gt "$latest" ] && latest=$number
  done
  say latest "$latest"
  [ -s "$root/pending" ] && say interrupted "$(cat "$root/pending")"
  current=$(current_release)
  say fingerprint "$(fingerprint "$current")"
  [ "$(cat "$include" 2>/dev/null)" = "$(include_text)" ] && say included
  [ "$current" = 0 ] && return 0
  say current "$current"
  cd "$root/releases/$current" || return 0
  sed 's/^/@deploy manifest /' manifest
  sed -n 's/^file \([0-9a-f]*\) [0-7]* /\1  /p' manifest | sha256sum -c 2>/dev/null |
    sed -n 's/: FAILED.*//p' | sed 's/^/@deploy drift /'
  find nginx firewall.nft tls -type f ! -name '*.key' ! -name served \
    -exec grep -H '' {} + 2>/dev/null | sed 's/^/@deploy text /'
}

survey_firewall() {
  command -v nft > /dev/null 2>&1 || return 0
  # shellcheck disable=SC2086 # family and name are two words
  if ! loaded=$(nft -s list table $table 2>/dev/null); then
    say firewall absent
  elif [ "$loaded" = "$(cat "$root/releases/$current/firewall.listing" 2>/dev/null)" ]; then
    say firewall as-installed
  else
    say firewall changed
  fi
}

main "$@"
