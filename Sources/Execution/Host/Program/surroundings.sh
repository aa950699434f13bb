# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Says what is on the host beside what deploy put there: addresses, listeners, other firewalls, space. It asks
# /proc and what hosts have anyway; what is missing is not told. Every line that a program or a user of the
# host chose stands alone behind its word.
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

# Says the lines of /proc/net that tell at which addresses others may reach this host, by which routes it
# answers, from where SSH connections are open to it, and which sockets listen, each as it stands there behind
# its word; the controller reads them. A host may have a hundred thousand connections and routes: those are not
# said. What stands there twice is said twice.
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

# Says of each of the lines $1 what it says itself, or which socket listens, behind a process that holds it or
# a dash; then the name of each such process, which any user chooses. The lines of sockets and of who holds
# them meet here, by being sorted, the oldest first: all that processes hold open is too much to be sent.
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

# Says the lines of the rules that are loaded that can have to do with keeping a packet out: tables, chains
# with what they hook into, and rules that drop, reject or lead to another chain. Sets are left out where nft
# can, and not said in any case: they may be long.
survey_rules() {
  { nft -s -t list ruleset 2>/dev/null || nft list ruleset 2>/dev/null; } |
    grep -e '^table .* {$' -e '^[[:space:]]*chain .* {$' -e ' hook ' -e drop -e reject -e REJECT -e 'jump ' -e 'goto ' |
    sed 's/^/@deploy rule /'
  survey_legacy_rules ip iptables
  survey_legacy_rules ip6 ip6tables
}

# Whether iptables' own tables, which are not nft's, are in use for the protocol $1. To ask iptables
# itself would load them.
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

# Says which programs that keep rules of their own are at work.
survey_managers() {
  if is_process dockerd /run/docker.pid; then say manager docker; fi
  if is_active firewalld || is_process firewalld /run/firewalld.pid; then say manager firewalld; fi
  if command -v ufw > /dev/null 2>&1 && grep -qs '^ENABLED=yes' "$ufw_settings"; then
    say manager ufw
  fi
}

# Says what df has of where releases go, and of where a transaction works.
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

# Sets existing, what there is already of the path $1.
find_existing() {
  existing=$1
  until [ -d "${existing:-/}" ]; do existing=${existing%/*}; done
  existing=${existing:-/}
}

# Says which of the holes $1 the distribution's package of nginx is said to have closed: its version does
# not.
survey_patches() {
  local changelog changes hole
  [ -n "$1" ] || return 0
  for changelog in $nginx_changelogs; do
    [ -f "$changelog" ] && break
  done
  changes=$({ gzip -dc "$changelog" || rpm -q --changelog nginx; } 2>/dev/null)
  for hole in $1; do
    case "$changes " in *"$hole"[!0-9]*) say patched "$hole" ;; esac
  done
}

# Says that the kernel has no IPv6: then nginx cannot listen on IPv6 addresses. Where IPv6 is only turned off
# for interfaces the file is there, and nginx can.
survey_ipv6() {
  [ -e "$ipv6_addresses" ] || [ ! -e /proc/net/tcp ] || say without-ipv6
}

# Says which workers of nginx have lost their master: nobody tells them to end, and they keep its ports.
survey_orphans() {
  local file process parent title
  # shellcheck disable=SC2013 # a word for each process
  for file in $(grep -l '^nginx: worker process' /proc/[0-9]*/cmdline 2>/dev/null); do
    process=${file#/proc/}
    process=${process%/cmdline}
    parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$process/status" 2>/dev/null)
    # One that has ended meanwhile, as workers do after a reload, has lost nobody.
    [ -n "$parent" ] || continue
    title=
    { IFS= read -r title < "/proc/$parent/cmdline"; } 2>/dev/null
    case $title in 'nginx: master process'*) ;; *) say orphan "$process" ;; esac
  done
}

# Says what nginx's whole configuration has on the disk of servers and where they listen: lines with their
# numbers, where files begin, and whatever has braces or quotes, which give it structure. deploy's own files
# are left out. In a network of its own, nothing listens that is not in force yet; names that nginx looks up
# may be known in the host's own only.
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
  # nginx leaves an empty pid file where it does not run, and then believes it.
  [ -n "$had_pid" ] || [ -s "$pid_file" ] || rm -f "$pid_file"
  printf '%s\n' "$configuration" |
    grep -n -e '[{}"]' -e "'" -e listen -e include -e server_name -e default_server -e proxy_protocol \
      -e '^[[:space:]]*[^[:space:]]\{1,\}[[:space:]]*$' -e '^# configuration file ' |
    sed -n -e '/^[0-9]*:# configuration file /{h;s/^/@deploy nginx-line /p;d;}' \
      -e G -e "\\#\\n[0-9]*:. configuration file $root/#d" \
      -e 's/\n.*//' -e 's/^/@deploy nginx-line /p' | head -n "$most_nginx_lines"
} 2>/dev/null
