# shellcheck shell=sh disable=SC2154 # host.sh, before it, has the folders
# What is on this host beside what deploy put there: addresses, listeners, other firewalls, space. Runs
# behind host.sh and before survey.sh. It asks /proc and what hosts have anyway; what is missing is not
# told. Every line that a program or a user of the host chose stands alone behind its word.

nginx_changelogs='/usr/share/doc/nginx*/changelog.Debian.gz'
ufw_settings=/etc/ufw/ufw.conf

# Says the addresses of this host that others may reach it at: for IPv4 those that its routes call
# local, for IPv6 those of global scope.
survey_addresses() {
  sed -n -e '/|-- /{s/.*|-- //;h;}' -e '/\/32 host LOCAL/{g;p;}' /proc/net/fib_trie 2>/dev/null |
    sort -u | sed -e '/^127\./d' -e '/^169\.254\./d' -e 's/^/@deploy address /'
  sed -n -e '/^[0-9a-f]* [0-9a-f]* [0-9a-f]* 00 /{s/ .*//;s/..../&:/g;s/:$//;s/^/@deploy address /p;}' \
    /proc/net/if_inet6 2>/dev/null
}

# Prints address, port and inode of each TCP socket that listens, in /proc's hexadecimal digits.
listening_sockets() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    sed -n 's/^ *[0-9]*: \([0-9A-F]*\):\(....\) [^ ]* 0A [^ ]* [^ ]* [^ ]* *[0-9]* *[0-9]* \([0-9]*\) .*/\1 \2 \3/p'
}

# Prints inode and process of each socket of the list of inodes $1, which `|` separates.
socket_holders() {
  # shellcheck disable=SC2010,SC2012 # the targets of the links are what is wanted
  ls -l /proc/[0-9]*/fd 2>/dev/null | grep -E "^/proc/|:\\[($1)\\]\$" |
    sed -n -e '/^\/proc\//{s#^/proc/\([0-9]*\)/fd:$#\1#;h;}' \
      -e '/socket:/{s/.*socket:\[\([0-9]*\)\]$/\1/;G;s/\n/ /;p;}'
}

# Prints the ports that the release in force listens on, with a space around each.
own_ports() {
  printf ' '
  find "$root/releases/$current/nginx" -name '*.conf' -exec \
    sed -n 's/^[[:space:]]*listen[[:space:]]\{1,\}\(\[::\]:\)\{0,1\}\([0-9]\{1,5\}\)[ ;].*/\2/p' \
    {} + 2>/dev/null | sort -un | tr '\n' ' '
}

# Says each TCP socket that listens but for those of the release, with its program's name.
survey_listeners() {
  sockets=$(listening_sockets)
  [ -n "$sockets" ] || return 0
  inodes=$(printf '%s\n' "$sockets" | sed 's/.* //' | tr '\n' '|')
  holders=$(socket_holders "${inodes%|}")
  own=$(own_ports)
  printf '%s\n' "$sockets" | while read -r address port inode; do
    port=$((0x$port))
    process=$(printf '%s\n' "$holders" | sed -n "/^$inode /{s///p;q;}")
    program=
    { IFS= read -r program < "/proc/${process:-none}/comm"; } 2>/dev/null
    case "$program $own" in "nginx "*" $port "*) continue ;; esac
    say listening "$address" "$port" "$program"
  done
}

# Says the port of sshd as this host has it, and from where SSH connections are open to it. Takes what
# sshd says of the controller's: two addresses, each with its port.
survey_ssh() {
  port=${1##* }
  case $port in '' | *[!0-9]*) return 0 ;; esac
  say ssh-port "$port"
  hex=$(printf '%04X' "$port")
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
    sed -n "s/^ *[0-9]*: [0-9A-F]*:$hex \\([0-9A-F]*\\):.... 01 .*/@deploy ssh-from \\1/p" | sort -u
}

# Says of the rules that deploy did not load what can keep a packet out: chains with what they hook
# into, and the rules that drop, reject or lead to another chain. Sets are left out where nft can.
survey_rules() {
  { nft -s -t list ruleset 2>/dev/null || nft list ruleset 2>/dev/null; } |
    sed -n -e '/^table inet deploy {$/,/^}$/d' -e 's/^[[:space:]]*//' \
      -e '/^table .* {$/b tell' -e '/^chain .* {$/b tell' -e '/^type .* hook /b tell' \
      -e '/drop/b tell' -e '/reject/b tell' -e '/REJECT/b tell' -e '/jump /b tell' \
      -e '/goto /b tell' -e d -e ': tell' -e 's/^/@deploy rule /p'
  survey_legacy_rules ip iptables
  survey_legacy_rules ip6 ip6tables
}

# Whether iptables' own tables, which are not nft's, are in use for the protocol $1. To ask iptables
# itself would load them.
has_legacy_rules() { grep -qs '^filter$' "/proc/net/${1}_tables_names"; }

survey_legacy_rules() {
  has_legacy_rules "$1" || return 0
  program=$2-legacy
  command -v "$program" > /dev/null 2>&1 || program=$2
  "$program" -S 2>/dev/null |
    sed -n -e 's/^-P .*/&/p' -e 's/^-A .*-[jg] .*/&/p' | sed "s/^/@deploy legacy $2 /"
}

# Whether the process of the file $2 is the program $1.
is_process() {
  process=
  { IFS= read -r process < "$2"; } 2>/dev/null
  name=
  { IFS= read -r name < "/proc/${process:-none}/comm"; } 2>/dev/null
  [ "$name" = "$1" ]
}

is_active() { has_systemd && systemctl is-active --quiet "$1" 2>/dev/null; }

# Says which programs that keep rules of their own are at work.
survey_managers() {
  if is_process dockerd /run/docker.pid; then say manager docker; fi
  if is_active firewalld || is_process firewalld /run/firewalld.pid; then say manager firewalld; fi
  if command -v ufw > /dev/null 2>&1 && grep -qs '^ENABLED=yes' "$ufw_settings"; then
    say manager ufw
  fi
}

# Says how many KiB are free where releases go, and where a transaction works.
survey_space() {
  say_space releases "$root"
  say_space run "$run"
}

say_space() {
  folder=$2
  until [ -d "${folder:-/}" ]; do folder=${folder%/*}; done
  free=$(df -Pk "${folder:-/}" 2>/dev/null | sed -n 's/.* \([0-9]\{1,\}\)  *[0-9]\{1,\}%.*/\1/p')
  [ -z "$free" ] || say space "$1" "$free"
}

# Says which holes the distribution's package of nginx is said to have closed: its version does not.
survey_patches() {
  for changelog in $nginx_changelogs; do
    [ -f "$changelog" ] && break
  done
  { zcat "$changelog" || rpm -q --changelog nginx; } 2>/dev/null |
    grep -o 'CVE-[0-9]*-[0-9]*' | sort -u | sed 's/^/@deploy patched /'
}

# Prints the workers of master $1 that only finish what they have begun.
retiring_workers() {
  children "$1" | while IFS= read -r worker; do
    title=
    { IFS= read -r title < "/proc/$worker/cmdline"; } 2>/dev/null
    case $title in 'nginx: worker process'*'shutting down'*) printf '%s\n' "$worker" ;; esac
  done
}
