# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Validates a staged release before anything is switched.

# A port that another program holds passes `nginx -t` and fails at the reload.
check_ports() {
  local rest="$ports," port taken own socket
  set --
  while [ "$rest" != , ] && [ -n "$rest" ]; do
    port=${rest%%,*}
    rest=${rest#*,}
    write_in_hex "$port"
    set -- "$@" -e "s/^ *[0-9]*: [0-9A-F]*:$hex [^ ]* 0A [^ ]* [^ ]* [^ ]* *[0-9]* *[0-9]* \\([0-9]*\\) .*/$port:\\1/p"
  done
  [ $# -gt 0 ] || return 0
  taken=$(sed -n "$@" /proc/net/tcp /proc/net/tcp6 2>/dev/null)
  [ -n "$taken" ] || return 0
  find_master || :
  own=$(ls -l "/proc/${master:-none}/fd" 2>/dev/null)
  for socket in $taken; do
    case $own in
      *"socket:[${socket#*:}]"*) ;;
      *) refuse port "${socket%:*}" "$(holder_of "${socket#*:}")" ;;
    esac
  done
}

holder_of() {
  local folder
  for folder in /proc/[0-9]*; do
    case $(ls -l "$folder/fd" 2>/dev/null) in
      *"socket:[$1]"*)
        printf '%s (pid %s)\n' "$(cat "$folder/comm")" "${folder#/proc/}"
        return
        ;;
    esac
  done
  echo 'another program'
}

# Tests the whole configuration as it would be after the switch, in a mount namespace in which the staged
# release is current; without namespaces, in a copy with the paths rewritten.
check_nginx() {
  has_nginx "$release" || has_nginx "$previous" || return 0
  [ "$release" != 0 ] || command -v nginx > /dev/null || return 0
  local is_in_place='' tested
  find_pid_file
  if has_nginx "$release" && is_included && [ -d "$root/current" ]; then
    is_in_place=yes
  else
    copy_configuration
  fi
  # Names that nginx looks up may be known in the host's own network only.
  test_in_namespace "$is_in_place" --net > "$work/dump" 2> "$run/errors"
  tested=$?
  if [ "$tested" != 0 ] || { [ -s "$run/errors" ] && grep -q 'host not found' "$run/errors"; }; then
    test_in_namespace "$is_in_place" > "$work/dump" 2> "$run/errors"
    tested=$?
  fi
  if [ ! -e "$work/apart" ]; then
    [ -z "$is_in_place" ] || copy_configuration
    test_in_copy > "$work/dump" 2> "$run/errors"
    tested=$?
  fi
  # If nginx does not run, the test leaves an empty pid file, which would confuse nginx later.
  [ -s "$pid_file" ] || rm -f "$pid_file"
  if [ -s "$run/errors" ]; then
    sed -e '/ test failed$/d' -e 's#^nginx: ##' -e 's#^[0-9/]* [0-9:]* \(\[[a-z]*\]\) [0-9#]*: #\1 #' \
      -e "s#$work/nginx/#$nginx_folder/#g" -e "s#$staged/#$root/current/#g" \
      "$run/errors" | quote
  fi
  [ "$tested" = 0 ] || refuse nginx
  if has_nginx "$release" && ! grep -q "^# configuration file .*/[a-z]*\.d/deploy\.conf:" "$work/dump"; then
    refuse not-included "$include"
  fi
  say tested
}

# Makes a configuration with the include of the release, if the switch would change the include.
copy_configuration() {
  local tested_include
  cp -a "$nginx_folder" "$work/nginx" 2> "$run/errors" || refuse_with no-space
  tested_include=$work/nginx${include#"$nginx_folder"}
  if has_nginx "$release"; then
    mkdir -p "${tested_include%/*}" && include_text > "$tested_include"
  else
    rm -f "$tested_include"
  fi
}

# Creates $work/apart if there are namespaces. If the include does not change ($1), the staged release
# only has to be mounted at the target of the link.
#
# nginx listens on its ports while it tests, before the firewall has rules for them: in a separate
# network ($2 is --net) no one can reach it. The host's addresses are missing there.
test_in_namespace() {
  copy_log_folders
  if [ -n "$1" ]; then
    printf '%s none bind 0 0\n' "$work/log /var/log/nginx" "$staged $root/current" > "$work/mounts"
  else
    mkdir -p "$work/deploy/releases/$release"
    ln -sfn "releases/$release" "$work/deploy/current"
    {
      printf '%s none bind 0 0\n' "$work/nginx $nginx_folder" "$work/log /var/log/nginx"
      [ ! -d "$staged" ] || printf '%s none bind 0 0\n' "$staged $work/deploy/releases/$release"
      printf '%s none rbind 0 0\n' "$work/deploy $root"
    } > "$work/mounts"
  fi
  # One program mounts all, if it can read a list. Each line of the list is two places and how. BusyBox leaves out
  # a place that is a mount point already.
  # shellcheck disable=SC2016,SC2086 # expanded by the inner shell; nothing, or one word
  unshare --mount ${2-} --propagation private sh -c '
    : > "$1/apart" || exit
    mount -a -T "$1/mounts" 2> /dev/null
    while read -r from to _ how _; do
      [ "$from" -ef "$to" ] || mount --"$how" "$from" "$to" || exit
    done < "$1/mounts"
    [ -z "$2" ] || for family in 4 6; do
      echo 1 > "/proc/sys/net/ipv$family/ip_nonlocal_bind"
    done 2> /dev/null
    exec nginx -T -q
  ' sh "$work" "${2-}" 9>&-
}

# Makes the folders of logs in the folder that stands for /var/log/nginx: nginx opens its logs when it is
# tested, and reports those that it cannot open. The owner of a folder there can choose any names in it, so
# names are never split into words; links are not followed.
copy_log_folders() {
  local folder
  for folder in /var/log/nginx/*/; do
    # shellcheck disable=SC2016 # expanded by the inner shell
    [ ! -d "$folder" ] || (cd /var/log/nginx && find . -type d -exec sh -c '
      for name; do mkdir -p "$0/$name"; done
    ' "$work/log" {} +) 2>/dev/null
    return
  done
}

test_in_copy() {
  find "$work/nginx" -type f -exec sed -i \
    -e "s#$nginx_folder/#$work/nginx/#g" -e "s#$root/current/#$staged/#g" {} + &&
    nginx -T -q -c "$work/nginx/nginx.conf" 9>&-
}

# Rules that stay as they are, and are loaded, have been accepted before.
check_firewall() {
  local program
  if [ -n "$keeps_rules" ] && is_loaded "$previous"; then return 0; fi
  if [ -f "$staged/firewall.nft" ]; then
    nft -c -f "$staged/firewall.nft" 2> "$run/errors" || refuse_with firewall
  fi
  for program in iptables ip6tables; do
    [ -f "$staged/firewall.$program" ] || continue
    "$program-restore" -w --noflush --test < "$staged/firewall.$program" 2> "$run/errors" ||
      refuse_with firewall
  done
}
