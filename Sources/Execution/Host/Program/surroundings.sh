# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Reports what is on the host besides deploy: addresses, listeners, other firewalls, disk space. It uses only
# /proc and programs that hosts have anyway; what is missing is not reported. Text that a program or a user
# of the host chose is always alone on its line after the first word.
#
# global find_existing: existing

nginx_changelogs='/usr/share/doc/nginx*/changelog.Debian.gz'
ufw_settings=/etc/ufw/ufw.conf
ipv6_addresses=/proc/net/if_inet6
# Lines and files of nginx's configuration beyond these numbers are left out.
most_nginx_lines=50000
most_nginx_files=4000
# Sockets beyond this number are left out, the youngest first: any user can open more of them.
most_listeners=10000

survey_surroundings() {
  survey_network
  survey_ipv6
  survey_servers
  survey_managers
  survey_space
  survey_patches "$vulnerabilities"
}

# Reports unchanged lines of /proc/net, from which the controller reads the addresses of this host, its
# routes, the sources of open SSH connections and the listening sockets, each with a process that holds it or
# a dash; then the name of each such process, which any user can choose, and nginx workers whose master has
# exited: nothing stops them, and they hold its ports. Other connections are left out, because a host may
# have a hundred thousand of them. Duplicates are reported twice.
survey_network() {
  local port="${connection##* }"
  case $port in '' | *[!0-9]*) port=0 ;; esac
  write_in_hex "$port"
  # The open files of all processes.
  # shellcheck disable=SC2012 # the targets of the links are what is wanted
  ls -n /proc/[0-9]*/fd 2> /dev/null | awk -v ssh=":$hex" -v most="$most_listeners" '
    # Of the tree of addresses, the leaf above a line that says that it is the host own.
    function report_addresses(  line, leaf) {
      while ((getline line < "/proc/net/fib_trie") > 0) {
        if (index(line, "|-- ")) leaf = line
        else if (index(line, "/32 host LOCAL")) print "@deploy local " leaf
      }
      while ((getline line < "/proc/net/if_inet6") > 0)
        if (line ~ /^[0-9a-f]+ [0-9a-f]+ [0-9a-f]+ 00 /) print "@deploy if-inet6 " line
    }
    function report_routes(  line, number) {
      while (number <= 256 && (getline line < "/proc/net/route") > 0)
        if (number++) print "@deploy route " line
    }
    # Sockets of a protocol in a state, and one connection of sshd from each source.
    function read_sockets(protocol, state, file,   line, column, source) {
      while ((getline line < file) > 0) {
        if (!index(line, " " state " ") && !index(line, ssh " ")) continue
        split(line, column, " ")
        if (column[4] == state) {
          sockets[++count] = protocol " " line
          inodes[count] = column[10]
          is_wanted[column[10]] = 1
        } else if (column[4] == "01" && substr(column[2], length(column[2]) - 4) == ssh) {
          source = substr(column[3], 1, length(column[3]) - 5)
          if (!(source in is_reported)) print "@deploy ssh-from " line
          is_reported[source] = 1
        }
      }
    }
    function first_line(file,   line) {
      line = ""
      getline line < file
      close(file)
      return line
    }
    function parent(process,   file, line, number) {
      file = "/proc/" process "/status"
      while ((getline line < file) > 0) if (line ~ /^PPid:/) number = substr(line, 6) + 0
      close(file)
      return number
    }
    function is_orphan(process,   master) {
      if (index(first_line("/proc/" process "/cmdline"), "nginx: worker process") != 1) return 0
      # Not a worker that has just ended, as workers do after a reload.
      master = parent(process)
      return master && index(first_line("/proc/" master "/cmdline"), "nginx: master process") != 1
    }
    BEGIN {
      report_addresses()
      report_routes()
      read_sockets("tcp", "0A", "/proc/net/tcp")
      read_sockets("tcp", "0A", "/proc/net/tcp6")
      read_sockets("udp", "07", "/proc/net/udp")
      read_sockets("udp", "07", "/proc/net/udp6")
      read_sockets("raw", "07", "/proc/net/raw")
      read_sockets("raw", "07", "/proc/net/raw6")
    }
    /^\/proc\/[0-9]+\/fd:$/ { split($0, part, "/"); process = part[3] }
    / -> socket:\[[0-9]+\]$/ {
      # Not a number: mawk writes those above 2^31 in another way.
      inode = substr($0, index($0, " -> socket:[") + 12)
      sub(/\]$/, "", inode)
      if (!(inode in is_wanted)) next
      if (!(inode in holder)) holder[inode] = process
      holds[process] = 1
    }
    END {
      # The oldest sockets have the lowest numbers, and any user can open more of them.
      oldest = "sort -n | head -n " most " | sed \"s/^[0-9]* //\""
      for (i = 1; i <= count; i++) {
        text = "@deploy socket " (inodes[i] in holder ? holder[inodes[i]] : "-") " " sockets[i]
        if (count > most) print inodes[i], text | oldest
        else print text
      }
      if (count > most) close(oldest)
      for (process in holds) {
        name = first_line("/proc/" process "/comm")
        print "@deploy process " process " " name
        if (index(name, "nginx") == 1 && is_orphan(process)) print "@deploy orphan " process
      }
    }'
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
  if command -v ufw > /dev/null 2>&1 && is_enabled "$ufw_settings"; then say manager ufw; fi
}

# Whether a line of the file $1 begins with ENABLED=yes.
is_enabled() {
  local line
  while IFS= read -r line; do
    case $line in ENABLED=yes*) return 0 ;; esac
  done 2> /dev/null < "$1"
  return 1
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
  local changelog
  [ -n "$1" ] || return 0
  for changelog in $nginx_changelogs; do
    [ -f "$changelog" ] && break
  done
  if [ -f "$changelog" ]; then
    set -- "$1" gzip -dc "$changelog"
  elif command -v rpm > /dev/null 2>&1; then
    set -- "$1" rpm -q --changelog nginx
  else
    return 0
  fi
  "$2" "$3" "$4" ${5+"$5"} 2> /dev/null | awk -v names="$1" '
    BEGIN { count = split(names, name, " ") }
    /CVE-/ {
      for (i = 1; i <= count; i++) {
        place = index($0, name[i])
        if (place && substr($0, place + length(name[i]), 1) !~ /[0-9]/) is_fixed[name[i]] = 1
      }
    }
    END { for (i = 1; i <= count; i++) if (name[i] in is_fixed) print "@deploy patched " name[i] }'
}

# Reports that the kernel has no IPv6, so nginx cannot listen on IPv6 addresses. If IPv6 is only disabled
# for interfaces, the file exists and nginx can.
survey_ipv6() {
  [ -e "$ipv6_addresses" ] || [ ! -e /proc/net/tcp ] || say without-ipv6
}

# Reports the servers in nginx's whole configuration on disk: lines with their numbers, the beginnings of
# files, and every line with braces or quotes, which give it structure. deploy's own files are left out.
# nginx itself would print them only after a test, for which it listens on its ports. The shell finds the files
# for a pattern, as deep as nginx goes; awk says how many lines it reports, what they include, and then them.
survey_servers() {
  local files=1 lines="$most_nginx_lines" known="$nl" said included name
  set -- "$nginx_folder/nginx.conf"
  while [ $# -gt 0 ] && [ "$files" -lt "$most_nginx_files" ] && [ "$lines" -gt 0 ]; do
    said=$(awk -v folder="$nginx_folder/" -v most="$lines" -v quote="'" '
      function note_includes(line,   value) {
        while (match(line, /(^|[;{}])[ \t]*include[ \t]+/)) {
          line = substr(line, RSTART + RLENGTH)
          value = substr(line, 1, 1)
          if (value == quote || value == "\"") {
            line = substr(line, 2)
            value = substr(line, 1, index(line, value) - 1)
          } else {
            value = substr(line, 1, match(line, /[ \t;]|$/) - 1)
          }
          if (value != "") included[++includes] = substr(value, 1, 1) == "/" ? value : folder value
        }
      }
      BEGIN {
        for (i = 1; i < ARGC; i++) {
          file = ARGV[i]
          if (count < most) reported[++count] = ++number ":# configuration file " file ":"
          while ((getline line < file) > 0) {
            number++
            if (index(line, "include")) note_includes(line)
            if (count < most && (line ~ /[{}"]|listen|include|server_name|default_server|proxy_protocol/ ||
                index(line, quote) || split(line, words, " ") == 1)) reported[++count] = number ":" line
          }
          close(file)
        }
        print count
        for (i = 1; i <= includes; i++) print included[i]
        print ""
        for (i = 1; i <= count; i++) print "@deploy nginx-line " reported[i]
      }' "$@" 2> /dev/null)
    included=${said%%"$nl$nl"*}
    printf '%s\n' "${said#"$included$nl$nl"}"
    said=${included%%"$nl"*}
    lines=$((lines - ${said:-0}))
    set --
    IFS=$nl
    for name in $included; do
      # A name with a newline could be read as another message.
      case $name in *"$nl"*) continue ;; esac
      case $name$known in
        [!/]* | "$root"/* | *"$nl$name$nl"*) continue ;;
      esac
      known=$known$name$nl files=$((files + 1))
      # A pattern without a file is none, and a pipe would be waited for.
      if [ -f "$name" ]; then set -- "$@" "$name"; fi
    done
    unset IFS
  done
}
