# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Finds nginx's files and processes, and makes nginx serve a release.
#
# global find_include: include configured_pid
# global find_pid_file: pid_file
# global find_master: master
# global find_served: served
# global find_children: children
# global find_workers: workers retiring

include_comment="# Managed by deploy; what is served here is in $root/current."
include_directive="include $root/current/nginx/deploy.conf;"

# Reads nginx.conf the first time it is called. Sets include, the path of the file that makes nginx include
# the release: in conf.d, or in http.d if that exists (on Alpine conf.d is included outside of the http
# block). Sets configured_pid, the pid file that nginx.conf names, or leaves it empty.
find_include() {
  [ -z "$include" ] || return 0
  local directive value
  include=$nginx_folder/conf.d/deploy.conf configured_pid=
  while read -r directive value _; do
    case $directive:$value in
      include:*'http.d/*'*) include=$nginx_folder/http.d/deploy.conf ;;
      pid:/*) configured_pid=${value%%;*} ;;
    esac
  done 2> /dev/null < "$nginx_folder/nginx.conf"
}

# Sets pid_file, from nginx.conf or, if it does not name one, from nginx itself.
find_pid_file() {
  find_include
  [ -z "$pid_file" ] || return 0
  pid_file=$configured_pid
  [ -n "$pid_file" ] || pid_file=$(nginx -V 2>&1 | sed -n 's/.*--pid-path=\([^ ]*\).*/\1/p')
  pid_file=${pid_file:-/run/nginx.pid}
}

has_nginx() { [ "$1" != 0 ] && [ -f "$root/releases/$1/nginx/deploy.conf" ]; }

include_text() { printf '%s\n' "$include_comment" "$include_directive"; }

# Whether the include file has exactly the expected text.
is_included() {
  local comment directive more
  find_include
  {
    IFS= read -r comment && IFS= read -r directive && ! IFS= read -r more &&
      [ "$comment$nl$directive$more" = "$include_comment$nl$include_directive" ]
  } 2>/dev/null < "$include"
}

# Sets master, the process id of nginx's master; fails if none runs. The pid file alone proves nothing.
find_master() {
  local title
  find_pid_file
  master=
  { read -r master < "$pid_file"; } 2>/dev/null
  case $master in '' | *[!0-9]*) master= ;; esac
  title=
  { IFS= read -r title < "/proc/${master:-none}/cmdline"; } 2>/dev/null
  case $title in "nginx: master process"*) ;; *) master= ;; esac
  [ -n "$master" ]
}

# Sets served, the releases whose marker process $1 holds open. nginx opens the files of a configuration
# when it loads it, and closes those of the previous one: without a request there is no other evidence.
find_served() {
  local marker open number
  served=
  for marker in "$root"/releases/*/nginx/served; do
    for open in "/proc/$1/fd"/*; do
      # shellcheck disable=SC3013 # dash, ash and bash have -ef, and POSIX has it since 2024
      [ "$open" -ef "$marker" ] || continue
      number=${marker%/nginx/served}
      served=$served${served:+ }${number##*/}
      break
    done
  done
}

# Sets children, the processes that process $1, which has one thread, started.
find_children() {
  children=
  if [ -e "/proc/$1/task/$1/children" ]; then
    { read -r children < "/proc/$1/task/$1/children"; } 2>/dev/null
  else
    children=$(grep -l "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status 2>/dev/null |
      sed 's#/proc/\([0-9]*\)/status#\1#')
  fi
}

# Sets workers, those of master $1 that accept new connections, and retiring, those that are shutting down.
find_workers() {
  local child title
  find_children "$1"
  workers='' retiring=''
  for child in $children; do
    title=
    { IFS= read -r title < "/proc/$child/cmdline"; } 2>/dev/null
    case $title in
      'nginx: worker process'*'shutting down'*) retiring=$retiring${retiring:+ }$child ;;
      *'shutting down'*) ;;
      'nginx: worker process'*) workers=$workers${workers:+ }$child ;;
    esac
  done
}

# Makes nginx load release $1 and verifies that it did: a signal that was sent proves nothing.
reload() {
  local log=/var/log/nginx/error.log offset before=' ' wanted='' rounds=0
  offset=$(wc -c 2>/dev/null < "$log") || offset=0
  if find_master; then
    # An nginx that never loaded a release is not reloaded.
    if ! has_nginx "$1"; then
      find_served "$master"
      [ -n "$served" ] || return 0
    fi
    find_workers "$master"
    before=" $workers "
    ask_nginx reload "$master" 2> "$run/errors" || return 1
  else
    has_nginx "$1" || return 0
    ask_nginx start 2> "$run/errors" || return 1
  fi
  if has_nginx "$1"; then wanted=$1; fi
  until is_served "$wanted" "$before"; do
    rounds=$((rounds + 1))
    if [ "$rounds" -gt 220 ] || { [ "$rounds" -gt 10 ] && has_given_up "$log" "$offset"; }; then
      emergencies "$log" "$offset" | tail -n 5 > "$run/errors"
      return 1
    fi
    # nginx needs about this time, and each look costs a busy host as much as it gains.
    sleep 0.05
  done
}

# Makes nginx $1 (reload, start), with systemd if nginx is one of its units. $2 is the running master.
ask_nginx() {
  if [ "$1" = reload ]; then
    if has_systemd && systemctl is-active --quiet nginx.service; then
      bounded systemctl reload nginx.service < /dev/null > /dev/null
    else
      kill -HUP "$2"
    fi
  elif has_systemd && systemctl cat nginx.service > /dev/null 2>&1; then
    bounded systemctl start nginx.service < /dev/null > /dev/null
  else
    bounded nginx 8>&- 9>&- < /dev/null > /dev/null
  fi
}

# Whether all workers that accept connections are new ($2 has the old ones) and the master holds only
# release $1.
is_served() {
  local worker
  find_master || return 1
  find_served "$master"
  [ "$served" = "$1" ] || return 1
  find_workers "$master"
  [ -n "$workers" ] || return 1
  for worker in $workers; do
    case $2 in *" $worker "*) return 1 ;; esac
  done
}

# Whether nginx reports that it cannot load the configuration; a port in use may still become free.
has_given_up() { emergencies "$1" "$2" | grep -v 'bind() to' | grep -q .; }

# Prints the errors that nginx wrote to its log $1 after byte $2.
emergencies() { tail -c "+$(($2 + 1))" "$1" 2>/dev/null | grep '\[emerg\]'; }
