#!/bin/sh
# shellcheck disable=SC2034 # used by what stands behind it
# What the other scripts share: where things are on a host, and what it really does. POSIX sh.
# Every line for the controller starts with "@deploy "; a program's own words follow behind "| ".
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

# The file that has nginx include the release, in the folder whose files nginx.conf includes in its http
# block: conf.d, or http.d where there is one (on Alpine what is in conf.d stands outside of that block).
find_include() {
  include=$nginx_folder/conf.d/deploy.conf
  if grep -q '^[[:space:]]*include[[:space:]]\{1,\}[^;]*http\.d/\*' "$nginx_folder/nginx.conf" 2>/dev/null; then
    include=$nginx_folder/http.d/deploy.conf
  fi
}
find_include

say() { printf '@deploy %s\n' "$*"; }

# Quotes the text on standard input for the controller.
quote() { sed 's/^/| /'; }

has_systemd() { [ -d /run/systemd/system ]; }

# Prints word $2 of the file $1, which says what the host is in the middle of: the release, the one
# before, the mode, `switching` or `applied`, who asked.
word_of() { cut -d ' ' -f "$2" "$root/$1" 2>/dev/null; }

# Prints the number of the release that counts, 0 where there is none: one that is not confirmed does not.
current_release() {
  if [ -f "$root/pending" ]; then
    word_of pending 2
  elif [ -f "$root/undoing" ]; then
    word_of undoing 2
  else
    linked_release
  fi
}

# Prints the number of the release that the link leads to, 0 where there is none.
linked_release() {
  if link=$(readlink "$root/current" 2>/dev/null); then
    printf '%s\n' "${link##*/}"
  else
    echo 0
  fi
}

has_nginx() { [ "$1" != 0 ] && [ -f "$root/releases/$1/nginx/deploy.conf" ]; }

# Prints the rules that are loaded of the engine that release $1 uses; fails where they are not in force.
list_firewall() {
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
  [ -f "$root/releases/$1/firewall.sysctl" ] || return 0
  while read -r key _ value; do
    case $key in
      net.*) [ "$(cat "$(setting "$key")")" = "$value" ] || return 1 ;;
    esac
  done < "$root/releases/$1/firewall.sysctl"
}

# Prints the file that stands for a setting of the kernel.
setting() { printf '/proc/sys/%s\n' "$1" | tr . /; }

# Prints how the last transaction ended; a host that deploy has left remembers until it restarts.
# shellcheck disable=SC2317 # not every script asks
last_verdict() { cat "$root/verdict" 2>/dev/null || cat "$run/verdict" 2>/dev/null; }

# Writes down how a transaction ended, for the next survey and the system's log.
record_verdict() {
  printf '%s\n' "$*" > "$root/verdict.new" && mv "$root/verdict.new" "$root/verdict"
  if command -v logger > /dev/null 2>&1; then logger -t deploy "release $*"; fi
}

include_text() {
  printf '# Managed by deploy; what is served here is in %s/current.\n' "$root"
  printf 'include %s/current/nginx/deploy.conf;\n' "$root"
}

# Prints what a transaction relies on: release $1 by its number and its manifest.
fingerprint() {
  if [ "$1" = 0 ]; then
    echo none
  else
    sum=$(sha256sum "$root/releases/$1/manifest" 2>/dev/null)
    printf '%s:%s\n' "$1" "${sum%% *}"
  fi
}

nginx_pid_file() {
  file=$(sed -n 's/^[[:space:]]*pid[[:space:]]\{1,\}\([^;[:space:]]*\)[[:space:]]*;.*/\1/p' \
    "$nginx_folder/nginx.conf" 2>/dev/null)
  [ -n "$file" ] || file=$(nginx -V 2>&1 | sed -n 's/.*--pid-path=\([^ ]*\).*/\1/p')
  printf '%s\n' "${file:-/run/nginx.pid}"
}

# Prints the process id of nginx's master; fails where none runs. The pid file alone proves nothing.
nginx_master() {
  pid=
  { IFS= read -r pid < "$(nginx_pid_file)"; } 2>/dev/null
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  title=
  { IFS= read -r title < "/proc/$pid/cmdline"; } 2>/dev/null
  case $title in "nginx: master process"*) printf '%s\n' "$pid" ;; *) return 1 ;; esac
}

# Prints the releases whose marker process $1 holds open. nginx opens the files of a configuration when
# it takes it in force and closes those of the one before: no other evidence says so without a request.
served_releases() {
  # shellcheck disable=SC2012 # the names are numbers and the targets are what is wanted
  ls -l "/proc/$1/fd" 2>/dev/null |
    sed -n "s#.* -> $root/releases/\\([0-9]*\\)/nginx/served\$#\\1#p" | sort -un
}

# Prints the processes that process $1 started.
children() {
  grep -l "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status 2>/dev/null |
    sed 's#/proc/\([0-9]*\)/status#\1#'
}

# Prints the workers of master $1 that take new connections.
nginx_workers() {
  children "$1" | while IFS= read -r worker; do
    title=
    { IFS= read -r title < "/proc/$worker/cmdline"; } 2>/dev/null
    case $title in
      *'shutting down'*) ;;
      'nginx: worker process'*) printf '%s\n' "$worker" ;;
    esac
  done
}
