# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Reports the condition of the host in one round trip, without changing anything.
#
# Arguments: the nginx vulnerabilities to look for, separated by spaces; SSH_CONNECTION of the controller.
#
# A program of the host costs it as much as hundreds of lines here: each question is asked once, and awk says
# what of the answer the controller gets.
#
# global find_user: user

tools='nginx nft iptables iptables-restore ip6tables ip6tables-restore tar flock sha256sum readlink head tail cut wc tr sed grep awk find sort'

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
  survey_rules
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
    take_lock 9 -s && break
    say waiting "$(cat "$run/holder" 2>/dev/null)"
  done
  exec 9<&-
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

# Reports the manifest of the current release, the text of its public files, and which files differ from it.
survey_files() {
  local before=''
  if [ "$current" = 0 ]; then
    say fingerprint none
    return
  fi
  say current "$current"
  { read -r before < "$root/releases/$current/before"; } 2>/dev/null
  [ -z "$before" ] || say before "$before"
  cd "$root/releases/$current" || { say fingerprint "$current:" && return 0; }
  find_below
  # Folders are among the names: it complains about them.
  # shellcheck disable=SC2086 # the names of all files
  sha256sum manifest $below 2> /dev/null | awk -v release="$current" '
    BEGIN {
      while ((getline line < "manifest") > 0) {
        print "@deploy manifest " line
        if (line == "end") ended = 1
        if (ended || split(line, word, " ") < 4 || word[1] != "file") continue
        path = substr(line, length(word[1] word[2] word[3]) + 4)
        paths[++count] = path
        digest[path] = word[2]
        is_secret[path] = path ~ /[.]key$/ || word[3] == "0600"
      }
    }
    { found[substr($0, 67)] = substr($0, 1, 64) }
    END {
      for (i = 1; i <= count; i++) {
        path = paths[i]
        if (found[path] != digest[path]) print "@deploy drift " path
        # Secrets stay here.
        if (is_secret[path]) continue
        while ((getline line < path) > 0) print "@deploy text " path ":" line
        close(path)
      }
      print "@deploy fingerprint " release ":" found["manifest"]
    }'
  cd /
}

# Reports the lines of the loaded rules that matter for dropping packets: tables, chains with their hooks, and
# rules that drop, reject or jump to another chain. Sets may be long and are never reported; nft leaves them
# out if it can.
survey_rules() {
  local options
  for options in '-s -t' ''; do
    # shellcheck disable=SC2086 # nothing, or two words
    nft $options list ruleset 2> /dev/null | awk '
      /^table .* [{]$/ || /^[ \t]*chain .* [{]$/ || / hook |drop|reject|REJECT|jump |goto / {
        print "@deploy rule " $0
      }
      END { exit NR == 0 }' && break
  done
  survey_legacy_rules ip iptables
  survey_legacy_rules ip6 ip6tables
}

# Reports whether the rules of the current release are loaded as they were listed after they were loaded.
survey_firewall() {
  local state=changed rules="$root/releases/$current"
  if [ ! -f "$rules/firewall.iptables" ] && [ ! -f "$rules/firewall.sysctl" ]; then
    if is_loaded "$current"; then state=as-installed; elif [ -z "$loaded" ]; then state=absent; fi
  elif ! loaded=$(list_firewall "$current" 2> /dev/null); then
    state=absent
  elif has_settings "$current" 2> /dev/null && [ "$loaded" = "$(cat "$rules/firewall.listing" 2> /dev/null)" ]; then
    state=as-installed
  fi
  say firewall "$state"
}
