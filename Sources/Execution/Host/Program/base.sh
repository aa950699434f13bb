# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# What runs on hosts: POSIX sh, and `local`, which dash, BusyBox ash and bash have. The parts are joined into
# one program, each behind those that it rests on (HostProgram.swift). This one has what all of them use.
#
# Every line for the controller starts with "@deploy "; a program's own words follow behind "| ".
#
# To start a program costs a host some milliseconds, ten times what the shell itself needs to read a
# small file or to compare two: what it can do alone it does alone. For the same reason functions that are
# called often return by a variable: `$()` would be a process.
#
# A function's variables are its own. Those that functions share are listed where their part begins, each
# with the one function that sets it (ScopesTests compares). Without a value `local` keeps that of the
# caller in dash and ash: a variable that is read before it is set gets a value.
#
# global write_in_hex: hex
# global find_below: below
# global forget: watcher watches is_staged keeps_rules include pid_file outdated

set -u

LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH

protocol=1

# Constants: the environment of a root shell changes none of them. Tests replace these lines.
root=/etc/deploy
run=/run/deploy
nginx_folder=/etc/nginx
units=/etc/systemd/system
# The seconds after which a silent controller is given up: while it sends files, and while it waits for other
# hosts; and those between two looks at whether it is.
stall=15
heartbeat=30
nap=5
# How often a lock is tried, for five seconds each time: by a transaction, and by a confirmation.
lock_attempts=6
confirm_attempts=60
table='inet deploy'
nl='
'

# Forgets what an earlier call has found, and what the environment says: variables that are read before a
# function sets them.
forget() { watcher='' watches=0 is_staged='' keeps_rules='' include='' pid_file='' outdated=''; }
forget

# Takes the arguments `name=value` of a call, all of the names $1 and no other, and sets a variable for each.
# Then says which protocol it speaks: the controller sends nothing before.
take_arguments() {
  local names=" $1 " word name
  shift
  for word; do
    name=${word%%=*}
    case $names:$word in
      *" $name "*:*=*) ;;
      *) reject "the argument \"$name\" is not known" ;;
    esac
    eval "$name=\${word#*=}"
    names="${names%%" $name "*} ${names#*" $name "}"
  done
  # shellcheck disable=SC2086 # the names that are left
  set -- $names
  [ $# = 0 ] || reject "there is no argument $*"
  say version "$protocol"
}

# Sees to it that the arguments by these names are numbers.
take_numbers() {
  local name value
  for name; do
    eval "value=\$$name"
    case $value in
      '' | *[!0-9]* | ???????????????*) reject "the argument \"$name\" is not a number: $value" ;;
    esac
  done
}

reject() {
  say rejected "$@"
  exit 0
}

# Tells the controller one line, whatever the words have in them: a program's name may have a newline.
say() {
  case "$*" in
    *"$nl"*) printf '@deploy %s\n' "$(printf '%s' "$*" | tr '\n' ' ')" ;;
    *) printf '@deploy %s\n' "$*" ;;
  esac
}

# Quotes the text on standard input for the controller. Here and below, awk ends a last line that has no end:
# the next message would be a part of it.
quote() { awk '{ print "| " $0 }'; }

# Tells the controller each line of file $2, behind the words $1.
say_lines() {
  if [ -f "$2" ]; then awk -v words="$1" '{ print "@deploy " words " " $0 }' "$2" 2> /dev/null; fi
}

# Writes the text $2 to the file $1. A shell's own words for a full disk are "I/O error": `cat` says why it fails.
write_text() { { printf '%s' "$2" > "$1"; } 2> /dev/null || printf '%s' "$2" | cat > "$1"; }

# Makes the folder of what ends with a restart. What nginx says of its whole configuration is kept there
# for a moment, and may be secret.
# shellcheck disable=SC2174 # what is above it is the system's
make_run_folder() { [ -d "$run" ] || mkdir -p -m 0700 "$run"; }

# Takes the lock $1, shared where $2 is -s, or fails after five seconds. BusyBox's flock waits for ever or
# not at all.
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
is_number() {
  case $1 in '' | 0* | *[!0-9]* | ???????????*) return 1 ;; esac
}

has_systemd() { [ -d /run/systemd/system ]; }

bounded() {
  if command -v timeout > /dev/null 2>&1; then timeout 30 "$@"; else "$@"; fi
}

# Brings files, and the names in folders, to the disk: what must survive a power failure.
persist() { sync "$@" 2>/dev/null || sync; }

# Sets below, patterns for the names of everything below the present folder.
find_below() {
  local pattern='*' name
  below=''
  while
    for name in $pattern; do break; done
    [ -e "$name" ] || [ -L "$name" ]
  do
    below="$below $pattern"
    pattern="$pattern/*"
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
