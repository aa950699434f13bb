#!/bin/sh
# shellcheck disable=SC2034,SC3043 # used by what stands behind it; dash, BusyBox ash and bash have local
# What the other scripts share: where things are on a host, and what it really does. POSIX sh, and local.
# Every line for the controller starts with "@deploy "; a program's own words follow behind "| ".
#
# To start a program costs a host some milliseconds, ten times what the shell itself needs to read a
# small file or to compare two: what it can do alone it does alone, and functions set variables.
#
# A function's variables are its own. Those that functions share are listed where their script begins, each
# with the one function that sets it (ScopesTests compares). Without a value `local` keeps that of the
# caller in dash and ash: whatever is read before it is set gets one.
#
# global find_include: include configured_pid
# global find_pid_file: pid_file
# global read_progress: at_release at_before at_mode at_phase at_who
# global find_current: current
# global find_linked: linked
# global find_verdict: verdict
# global find_fingerprint: fingerprint
# global find_master: master
# global find_served: served
# global find_children: children
# global find_workers: workers retiring
# global write_in_hex: hex
#
# What a host is in the middle of is said by one file, and rename(2) decides every race for it:
#   pending     the release in it is switched to, or is switched and waits for its confirmation
#   confirming  it is confirmed; what belongs to that is being finished
#   undoing     it was not confirmed in time, or failed; the release before is being put back

LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH

root=${DEPLOY_ROOT:-/etc/deploy}
run=${DEPLOY_RUN:-/run/deploy}
nginx_folder=${DEPLOY_NGINX:-/etc/nginx}
units=${DEPLOY_UNITS:-/etc/systemd/system}
table='inet deploy'
include_comment="# Managed by deploy; what is served here is in $root/current."
include_directive="include $root/current/nginx/deploy.conf;"
nl='
'

# Reads in nginx.conf where things are, the first time it is asked to. Sets include, the file that has
# nginx include the release, in the folder whose files are included in the http block: conf.d, or http.d
# where there is one (on Alpine what is in conf.d stands outside of that block). Sets configured_pid, the
# pid file that it names, or leaves it empty.
find_include() {
  [ -z "${include-}" ] || return 0
  local place
  include=$nginx_folder/conf.d/deploy.conf configured_pid=
  while IFS= read -r place; do
    case $place in
      http.d) include=$nginx_folder/http.d/deploy.conf ;;
      /*) configured_pid=$place ;;
    esac
  done <<-PLACES
	$(sed -n -e '/^[[:space:]]*include[[:space:]]\{1,\}[^;]*http\.d\/\*/s/.*/http.d/p' \
	  -e 's/^[[:space:]]*pid[[:space:]]\{1,\}\([^;[:space:]]*\)[[:space:]]*;.*/\1/p' \
	  "$nginx_folder/nginx.conf" 2>/dev/null)
	PLACES
}

# Sets pid_file, from nginx.conf or, where that does not say it, from nginx itself.
find_pid_file() {
  find_include
  [ -z "${pid_file-}" ] || return 0
  pid_file=$configured_pid
  [ -n "$pid_file" ] || pid_file=$(nginx -V 2>&1 | sed -n 's/.*--pid-path=\([^ ]*\).*/\1/p')
  pid_file=${pid_file:-/run/nginx.pid}
}

# Tells the controller one line, whatever the words have in them: a program's name may have a newline.
say() {
  case "$*" in
    *"$nl"*) printf '@deploy %s\n' "$(printf '%s' "$*" | tr '\n' ' ')" ;;
    *) printf '@deploy %s\n' "$*" ;;
  esac
}

# Quotes the text on standard input for the controller. Here and below, grep ends a last line that has no end:
# the next message would be a part of it.
quote() { grep -a '' | sed 's/^/| /'; }

# Tells the controller each line of file $2, behind the words $1.
# shellcheck disable=SC2317 # not every script asks
say_lines() { grep -a '' "$2" 2> /dev/null | sed "s/^/@deploy $1 /"; }

# Makes the folder of what ends with a restart. What nginx says of its whole configuration is kept there
# for a moment, and may be secret.
# shellcheck disable=SC2174 # what is above it is the system's
make_run_folder() { [ -d "$run" ] || mkdir -p -m 0700 "$run"; }

# Takes the lock $1, shared where $2 is -s, or fails after five seconds. BusyBox's flock waits for ever or
# not at all.
# shellcheck disable=SC2317 # not every script asks
take_lock() {
  local rounds=0
  # shellcheck disable=SC2086 # nothing, or one word
  until flock ${2-} -n "$1"; do
    rounds=$((rounds + 1))
    [ "$rounds" -lt 50 ] || return 1
    sleep 0.1
  done
}

# Whether $1 is the number of a release: folders may have any name.
# shellcheck disable=SC2317 # not every script asks
is_number() {
  case $1 in '' | 0* | *[!0-9]* | ???????????*) return 1 ;; esac
}

has_systemd() { [ -d /run/systemd/system ]; }

# Reads the file $1, which says what the host is in the middle of. Sets its words: the release, the one
# before, the mode, `switching` or `applied`, who asked; empty where there is no such file.
read_progress() {
  at_release='' at_before='' at_mode='' at_phase='' at_who=''
  { read -r at_release at_before at_mode at_phase at_who < "$root/$1"; } 2>/dev/null
}

# Sets current, the number of the release that counts, 0 where there is none: one that is not confirmed
# does not.
find_current() {
  local middle
  for middle in pending undoing; do
    [ -f "$root/$middle" ] || continue
    read_progress "$middle"
    current=$at_before
    return
  done
  find_linked
  current=$linked
}

# Sets linked, the number of the release that the link leads to, 0 where there is none.
find_linked() {
  linked=0
  if [ -d "$root/current" ]; then
    linked=$(cd -P "$root/current" && pwd)
  elif [ -L "$root/current" ]; then
    linked=$(readlink "$root/current")
  fi
  linked=${linked##*/}
}

has_nginx() { [ "$1" != 0 ] && [ -f "$root/releases/$1/nginx/deploy.conf" ]; }

# Prints the rules that are loaded of the engine that release $1 uses; fails where they are not in force.
list_firewall() {
  local program in_table hook
  if [ -f "$root/releases/$1/firewall.iptables" ]; then
    for program in iptables ip6tables; do
      chains_in "$root/releases/$1/firewall.$program" | while read -r in_table hook; do
        "$program" -w -t "$in_table" -S "$hook" | grep -x -e "-A $hook -j DEPLOY-$hook" &&
          "$program" -w -t "$in_table" -S "DEPLOY-$hook" || exit 1
      done || return 1
    done
  else
    # shellcheck disable=SC2086 # family and name are two words
    nft -s list table $table
  fi
}

# Prints the chains that the iptables rules in file $1 have, a line each: the table, and the kernel's own
# chain that jumps to it.
chains_in() {
  local word in_table
  while read -r word _; do
    case $word in
      '*'*) in_table=${word#?} ;;
      :DEPLOY-*) printf '%s %s\n' "$in_table" "${word#:DEPLOY-}" ;;
    esac
  done < "$1"
}

# Whether the kernel is set as release $1 needs it.
# shellcheck disable=SC2317 # not every script asks
has_settings() {
  local key value
  [ -f "$root/releases/$1/firewall.sysctl" ] || return 0
  while read -r key _ value; do
    case $key in
      net.*) [ "$(cat "$(setting "$key")")" = "$value" ] || return 1 ;;
    esac
  done < "$root/releases/$1/firewall.sysctl"
}

# Prints the file that stands for a setting of the kernel.
setting() { printf '/proc/sys/%s\n' "$1" | tr . /; }

# Sets verdict, how the last transaction ended; a host that deploy has left remembers until it restarts.
# shellcheck disable=SC2317 # not every script asks
find_verdict() {
  verdict=
  { IFS= read -r verdict < "$root/verdict" || IFS= read -r verdict < "$run/verdict"; } 2>/dev/null
}

# Writes down how a transaction ended, for the next survey and the system's log.
record_verdict() {
  printf '%s\n' "$*" > "$root/verdict.new" && mv "$root/verdict.new" "$root/verdict"
  if command -v logger > /dev/null 2>&1; then logger -t deploy "release $*"; fi
}

include_text() { printf '%s\n' "$include_comment" "$include_directive"; }

# Whether nginx has that text, and nothing else, in the file for it.
is_included() {
  local comment directive more
  find_include
  {
    IFS= read -r comment && IFS= read -r directive && ! IFS= read -r more &&
      [ "$comment$nl$directive$more" = "$include_comment$nl$include_directive" ]
  } 2>/dev/null < "$include"
}

# Sets fingerprint, what a transaction relies on: release $1 by its number and its manifest.
find_fingerprint() {
  local sum
  fingerprint=none
  [ "$1" != 0 ] || return 0
  sum=$(sha256sum "$root/releases/$1/manifest" 2>/dev/null)
  fingerprint=$1:${sum%% *}
}

# Sets master, the process id of nginx's master; fails where none runs. The pid file alone proves nothing.
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
# when it takes it in force and closes those of the one before: no other evidence says so without a request.
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

# Sets workers, those of master $1 that take new connections, and retiring, those that only finish what
# they have begun.
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

# Sets hex, a port in the digits of /proc/net/tcp.
write_in_hex() {
  local left="$1"
  hex=
  for _ in 1 2 3 4; do
    case $((left % 16)) in
      10) hex=A$hex ;; 11) hex=B$hex ;; 12) hex=C$hex ;;
      13) hex=D$hex ;; 14) hex=E$hex ;; 15) hex=F$hex ;;
      *) hex=$((left % 16))$hex ;;
    esac
    left=$((left / 16))
  done
}
