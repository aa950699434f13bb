# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Reports what is on the host besides deploy: addresses, listeners, other firewalls, disk space. It uses only
# /proc and programs that hosts have anyway; what is missing is not reported. Text that a program or a user
# of the host chose is always alone on its line after the first word.
#
# global find_existing: existing

nginx_changelogs='/usr/share/doc/nginx*/changelog.Debian.gz'
ufw_settings=/etc/ufw/ufw.conf
ipv6_addresses=/proc/net/if_inet6
# Lines of nginx's configuration beyond this number are left out.
most_nginx_lines=50000
# Lines about the network beyond this number are left out, those of the youngest sockets first: any user
# can open more of them.
most_listeners=10000

survey_surroundings() {
  survey_network
  survey_ipv6
  survey_orphans
  survey_servers
  survey_rules
  survey_managers
  survey_space
  survey_patches "$vulnerabilities"
}

# Reports unchanged lines of /proc/net, from which the controller reads the addresses of this host, its
# routes, the sources of open SSH connections and the listening sockets. Other connections are left out,
# because a host may have a hundred thousand of them. Duplicates are reported twice.
survey_network() {
  local port="${connection##* }" network
  case $port in '' | *[!0-9]*) port=0 ;; esac
  write_in_hex "$port"
  # Of the tree of addresses, the leaf above a line that says that it is the host's own.
  network=$(sed -n -e '/|-- /h' -e '/\/32 host LOCAL/{g;s/^/@deploy local /p;}' \
    -e '/^[0-9a-f]* [0-9a-f]* [0-9a-f]* 00 /s/^/@deploy if-inet6 /p' \
    -e "/^ *[0-9]*: [0-9A-F]*:$hex [^ ]* 01 /s/^/@deploy ssh-from /p" \
    /proc/net/fib_trie /proc/net/if_inet6 /proc/net/tcp /proc/net/tcp6 2>/dev/null
    list_listeners 0A tcp
    list_listeners 07 udp
    list_listeners 07 raw)
  sed -n '2,257s/^/@deploy route /p' /proc/net/route 2>/dev/null
  case $network in *' L '*) survey_listeners "$network" ;; ?*) printf '%s\n' "$network" ;; esac
}

# Prints each line of a socket of the protocol $2 in the state $1, behind the socket's inode.
list_listeners() {
  sed -n "s/^ *[0-9]*: [^ ]* [^ ]* $1 [^ ]* [^ ]* [^ ]* *[0-9]* *[0-9]* \([0-9]*\) .*/\1 L $2 &/p" \
    "/proc/net/$2" "/proc/net/${2}6" 2>/dev/null
}

# Reports each of the lines $1; a listening socket with a process that holds it or a dash; then the name of
# each such process, which any user can choose. Sockets and their holders are joined here by sorting, the
# oldest first, because all open files of all processes would be too much to send.
survey_listeners() {
  local network process program
  network=$({ printf '%s\n' "$1" && list_sockets; } 2>/dev/null | sort -n |
    sed -n -e '/^@/{p;d;}' -e '/^[0-9]* P /d' -e '$!N' \
      -e 's/^\([0-9]*\) L \(.*\)\n\1 P \(.*\)$/@deploy socket \3 \2/p;t' \
      -e 's/^[0-9]* L /@deploy socket - /;P;D' | head -n "$most_listeners")
  printf '%s\n' "$network"
  for process in $(printf '%s\n' "$network" | sed -n 's/^@deploy socket \([0-9]*\) .*/\1/p' | sort -nu); do
    program=
    { IFS= read -r program < "/proc/$process/comm"; } 2>/dev/null
    printf '@deploy process %s %s\n' "$process" "$program"
  done
}

# Prints inode and process of each socket that a process has.
list_sockets() {
  # shellcheck disable=SC2012 # the targets of the links are what is wanted
  ls -l /proc/[0-9]*/fd |
    sed -n -e '/^\/proc\//{s#^/proc/\([0-9]*\)/fd:$#\1#;h;d;}' \
      -e '/ -> socket:\[[0-9]*\]$/{s/.*\[\([0-9]*\)\]$/\1 P/;G;s/\n/ /p;}'
}

# Reports the lines of the loaded rules that matter for dropping packets: tables, chains with their hooks,
# and rules that drop, reject or jump to another chain. Sets may be long and are never reported; nft leaves
# them out if it can.
survey_rules() {
  { nft -s -t list ruleset 2>/dev/null || nft list ruleset 2>/dev/null; } |
    grep -e '^table .* {$' -e '^[[:space:]]*chain .* {$' -e ' hook ' -e drop -e reject -e REJECT -e 'jump ' -e 'goto ' |
    sed 's/^/@deploy rule /'
  survey_legacy_rules ip iptables
  survey_legacy_rules ip6 ip6tables
}

# Whether the legacy tables of iptables are in use for the protocol $1. Running iptables would load them.
has_legacy_rules() {
  local name
  while read -r name; do
    [ "$name" != filter ] || return 0
  done 2>/dev/null < "/proc/net/${1}_tables_names"
  return 1
}

survey_legacy_rules() {
  local program="$2-legacy"
  has_legacy_rules "$1" || return 0
  command -v "$program" > /dev/null 2>&1 || program=$2
  "$program" -S 2>/dev/null |
    sed -n -e "s/^-P /@deploy legacy $2 &/p" -e "s/^-A .*-[jg] /@deploy legacy $2 &/p"
}

# Whether the process of the file $2 is the program $1.
is_process() {
  local process='' name=''
  { IFS= read -r process < "$2"; } 2>/dev/null
  { IFS= read -r name < "/proc/${process:-none}/comm"; } 2>/dev/null
  [ "$name" = "$1" ]
}

is_active() {
  has_systemd && command -v "$1" > /dev/null 2>&1 && systemctl is-active --quiet "$1" 2>/dev/null
}

# Reports active programs that manage firewall rules.
survey_managers() {
  if is_process dockerd /run/docker.pid; then say manager docker; fi
  if is_active firewalld || is_process firewalld /run/firewalld.pid; then say manager firewalld; fi
  if command -v ufw > /dev/null 2>&1 && grep -qs '^ENABLED=yes' "$ufw_settings"; then
    say manager ufw
  fi
}

# Reports the lines of df for the folder of releases and for the working folder of transactions.
survey_space() {
  local releases
  find_existing "$root"
  releases=$existing
  find_existing "$run"
  set -- "$(df -Pk "$releases" "$existing" 2>/dev/null)"
  IFS=$nl
  set -f
  # shellcheck disable=SC2086 # one word for each line
  set -- $1
  set +f
  unset IFS
  [ $# = 3 ] || return 0
  say space releases "$2"
  say space run "$3"
}

# Sets existing, the part of the path $1 that exists already.
find_existing() {
  existing=$1
  until [ -d "${existing:-/}" ]; do existing=${existing%/*}; done
  existing=${existing:-/}
}

# Reports which of the vulnerabilities $1 are fixed according to the changelog of the distribution's nginx
# package: the version number does not show it.
survey_patches() {
  local changelog changes cve
  [ -n "$1" ] || return 0
  for changelog in $nginx_changelogs; do
    [ -f "$changelog" ] && break
  done
  changes=$({ gzip -dc "$changelog" || rpm -q --changelog nginx; } 2>/dev/null)
  for cve in $1; do
    case "$changes " in *"$cve"[!0-9]*) say patched "$cve" ;; esac
  done
}

# Reports that the kernel has no IPv6, so nginx cannot listen on IPv6 addresses. If IPv6 is only disabled
# for interfaces, the file exists and nginx can.
survey_ipv6() {
  [ -e "$ipv6_addresses" ] || [ ! -e /proc/net/tcp ] || say without-ipv6
}

# Reports nginx workers whose master process has exited: nothing stops them, and they hold its ports.
survey_orphans() {
  local file process parent title
  # shellcheck disable=SC2013 # a word for each process
  for file in $(grep -l '^nginx: worker process' /proc/[0-9]*/cmdline 2>/dev/null); do
    process=${file#/proc/}
    process=${process%/cmdline}
    parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$process/status" 2>/dev/null)
    # Not a worker that has just ended, as workers do after a reload.
    [ -n "$parent" ] || continue
    title=
    { IFS= read -r title < "/proc/$parent/cmdline"; } 2>/dev/null
    case $title in 'nginx: master process'*) ;; *) say orphan "$process" ;; esac
  done
}

# Reports the servers in nginx's whole configuration on disk: lines with their numbers, the beginnings of
# files, and every line with braces or quotes, which give it structure. deploy's own files are left out. In
# a separate network namespace nothing starts to listen; but names that nginx looks up may be known only in
# the host's own.
survey_servers() {
  command -v nginx > /dev/null 2>&1 || return 0
  local had_pid='' configuration
  find_pid_file
  [ ! -e "$pid_file" ] || had_pid=yes
  # shellcheck disable=SC2016 # expanded by the inner shell
  configuration=$(unshare --net sh -c '
    for family in 4 6; do
      echo 1 > "/proc/sys/net/ipv$family/ip_nonlocal_bind"
    done 2> /dev/null
    exec nginx -T -q
  ' 2>/dev/null) || configuration=$(nginx -T -q 2>/dev/null)
  # If nginx does not run, the test leaves an empty pid file, which would confuse nginx later.
  [ -n "$had_pid" ] || [ -s "$pid_file" ] || rm -f "$pid_file"
  printf '%s\n' "$configuration" |
    grep -n -e '[{}"]' -e "'" -e listen -e include -e server_name -e default_server -e proxy_protocol \
      -e '^[[:space:]]*[^[:space:]]\{1,\}[[:space:]]*$' -e '^# configuration file ' |
    sed -n -e '/^[0-9]*:# configuration file /{h;s/^/@deploy nginx-line /p;d;}' \
      -e G -e "\\#\\n[0-9]*:. configuration file $root/#d" \
      -e 's/\n.*//' -e 's/^/@deploy nginx-line /p' | head -n "$most_nginx_lines"
} 2>/dev/null
