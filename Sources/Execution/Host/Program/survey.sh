# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Reports the condition of the host in one round trip, without changing anything.
#
# Arguments: the nginx vulnerabilities to look for, separated by spaces; SSH_CONNECTION of the controller.
#
# global find_user: user
# global survey_files: listing

tools='nginx nft iptables iptables-restore ip6tables ip6tables-restore tar flock sha256sum readlink head tail cut wc tr sed grep find sort uniq xargs'

survey_host() {
  local vulnerabilities connection tool
  take_arguments 'vulnerabilities connection' "$@"
  wait_for_settling
  say clock "$(date +%s)"
  find_user
  say user "$user"
  [ -d /run/systemd/system ] && say systemd
  # shellcheck disable=SC2086 # a list of words
  for tool in $tools; do
    command -v "$tool" > /dev/null 2>&1 || say missing "$tool"
  done
  [ -z "$connection" ] || say connection "$connection"
  survey_nginx
  survey_release
  survey_firewall
  survey_surroundings
  say end
}

# Sets user, the numeric id of the user that this runs as.
find_user() {
  local key
  while read -r key _ user _; do
    [ "$key" != Uid: ] || return 0
  done 2>/dev/null < /proc/self/status
  user=$(id -u)
}

# Waits for a release that is being confirmed or rolled back, so that the report is consistent. The wait is
# limited: a process that holds the lock then has a timer.
wait_for_settling() {
  if [ ! -e "$run/lock" ] || ! command -v flock > /dev/null 2>&1; then return 0; fi
  exec 9< "$run/lock"
  while [ -f "$root/pending" ] || [ -f "$root/undoing" ] || [ -f "$root/confirming" ]; do
    take_lock 9 -s && return
    say waiting "$(cat "$run/holder" 2>/dev/null)"
  done
}

survey_nginx() {
  local version release
  command -v nginx > /dev/null 2>&1 || return 0
  version=$(nginx -v 2>&1)
  say nginx "${version##*nginx/}"
  find_master || return 0
  say running "$master"
  find_served "$master"
  for release in $served; do say served "$release"; done
  find_workers "$master"
  # shellcheck disable=SC2086 # one word for each process
  set -- $retiring
  say retiring "$#"
}

survey_release() {
  local latest=0 folder number file state
  find_current
  for folder in "$root"/releases/*; do
    number=${folder##*/}
    # Folders with other names are not releases.
    case $number in '' | *[!0-9]* | 0* | ??????????*) continue ;; esac
    [ "$number" -gt "$latest" ] && latest=$number
    say kept "$number"
    # An interrupted run has left it: its key is here, but the current manifest does not name its certificate.
    [ "$number" -le "$current" ] || say_lines "staged $number" "$folder/manifest"
  done
  for file in "$root"/discarded/*; do
    number=${file##*/}
    is_number "$number" && say_lines "discarded $number" "$file"
  done
  say latest "$latest"
  for state in pending undoing; do
    [ -f "$root/$state" ] && read_progress "$state" && say interrupted "$at_release"
  done
  find_result && say result "$result"
  find_include
  say include "$include"
  is_included && say included
  survey_files
}

# Reports the text of the current release's files, and which files differ from its manifest. Sets listing,
# the output of its firewall when it was loaded.
survey_files() {
  local before='' text line path expected='' texts='' found sum
  listing=
  if [ "$current" = 0 ]; then
    say fingerprint none
    return
  fi
  say current "$current"
  { read -r before < "$root/releases/$current/before"; } 2>/dev/null
  [ -z "$before" ] || say before "$before"
  cd "$root/releases/$current" || { say fingerprint "$current:" && return 0; }
  text=$(cat manifest firewall.listing 2>/dev/null)
  case $text in
    *"${nl}end$nl"*) listing=${text#*"${nl}end$nl"} ;;
    # There is no listing, or the manifest is incomplete.
    *) listing=$(cat firewall.listing 2>/dev/null) ;;
  esac
  IFS=$nl
  set -f
  set --
  for line in $text; do
    case $line in
      'file '*' '*' '*) ;;
      end) break ;;
      *) continue ;;
    esac
    line=${line#file }
    path=${line#* * }
    expected=$expected$nl${line%% *}"  "$path
    set -- "$@" "$path"
    # Secrets stay here.
    case $line in *.key | *' 0600 '*) ;; *) texts=$texts$nl$path ;; esac
  done
  found=$(sha256sum manifest "$@" 2>/dev/null)
  case $found in
    *'  manifest'*) sum=${found%%' '*} found=${found#*"  manifest"} ;;
    *) sum='' found=$nl$found ;;
  esac
  if [ "$found" != "$expected" ]; then
    # An expected file that was not found appears once.
    printf '%s\n' "$expected" "$found" "$found" | sort | uniq -u |
      sed -n 's/^[^ ]*  /@deploy drift /p'
  fi
  # shellcheck disable=SC2086 # one word for each line
  grep -H '' manifest $texts 2>/dev/null |
    sed -e 's/^manifest:/@deploy manifest /' -e t -e 's/^/@deploy text /'
  set +f
  unset IFS
  say fingerprint "$current:$sum"
}

survey_firewall() {
  local loaded
  if ! loaded=$(list_firewall "$current" 2>/dev/null); then
    say firewall absent
  elif ! has_settings "$current" 2>/dev/null; then
    say firewall changed
  elif [ "$loaded" = "$listing" ]; then
    say firewall as-installed
  else
    say firewall changed
  fi
}
