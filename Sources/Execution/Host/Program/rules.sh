# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Lists and removes the loaded nft and iptables rules of releases.
#
# global is_loaded: loaded

has_rules() {
  [ "$1" != 0 ] || return 1
  [ -f "$root/releases/$1/firewall.nft" ] || [ -f "$root/releases/$1/firewall.iptables" ]
}

# Prints the loaded rules of release $1 from its engine; fails if they are not loaded.
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

# Prints the chains of the iptables rules in file $1, one on each line: the table, and the built-in chain
# that jumps to it.
chains_in() {
  local word in_table
  while read -r word _; do
    case $word in
      '*'*) in_table=${word#?} ;;
      :DEPLOY-*) printf '%s %s\n' "$in_table" "${word#:DEPLOY-}" ;;
    esac
  done < "$1"
}

# Prints the chains that releases on this host have for the program $1. A table that no release used is not
# looked at, because that would load its kernel modules.
known_chains() {
  local rules
  for rules in "$root"/releases/*/"firewall.$1"; do
    if [ -f "$rules" ]; then chains_in "$rules"; fi
  done | sort -u
}

# Whether the rules that are loaded are those of release $1, as they were listed after they were loaded. Sets
# loaded, the list of them.
#
# Only for nft without kernel settings: others take more programs to look at than to load.
is_loaded() {
  local line listed=''
  # shellcheck disable=SC2086 # family and name are two words
  loaded=$(nft -s list table $table 2> /dev/null) || return 1
  while IFS= read -r line; do listed=$listed$nl$line; done 2> /dev/null < "$root/releases/$1/firewall.listing"
  [ "$nl$loaded" = "$listed" ]
}

# Whether the kernel settings are as release $1 needs them.
has_settings() {
  local key value
  [ -f "$root/releases/$1/firewall.sysctl" ] || return 0
  while read -r key _ value; do
    case $key in
      net.*) [ "$(cat "$(setting "$key")")" = "$value" ] || return 1 ;;
    esac
  done < "$root/releases/$1/firewall.sysctl"
}

# Prints the /proc file of a kernel setting.
setting() { printf '/proc/sys/%s\n' "$1" | tr . /; }

family_of() { case $1 in iptables) echo ip ;; ip6tables) echo ip6 ;; esac; }

# Current iptables keeps its tables in nft and creates them with the first rule: a table that did not exist
# before is removed with deploy.
note_tables() {
  local family in_table
  family=$(family_of "$1")
  command -v nft > /dev/null 2>&1 || return 0
  printf '%s\n' "$2" | cut -d ' ' -f 1 | sort -u | while read -r in_table; do
    nft list table "$family" "$in_table" > /dev/null 2>&1 || true > "$root/made-$in_table-$family"
  done
}

# Only if it is as iptables creates it: other programs may have added rules.
remove_tables() {
  local made family in_table
  for made in "$root"/made-filter-* "$root"/made-nat-*; do
    [ -f "$made" ] || continue
    family=${made##*-}
    in_table=${made%-*}
    in_table=${in_table##*-}
    nft list table "$family" "$in_table" 2>/dev/null |
      grep -qv -e '^table' -e '^[[:space:]]*chain [A-Z]* {$' -e 'policy accept;$' -e '^[[:space:]]*}$' ||
      nft delete table "$family" "$in_table" 2>/dev/null
  done
}

# Prints nft commands that remove the table $1, whether it exists or not.
drop_tables() { [ -z "$1" ] || printf 'table %s\ndelete table %s\n' "$1" "$1"; }

# Removes deploy's table, and the additional one if $1 names it.
unload_tables() {
  command -v nft > /dev/null 2>&1 || return 0
  { drop_tables "$table" && drop_tables "$1"; } | bounded nft -f -
}

# Makes the built-in chains jump to those with the prefix $1 in their first rule; $2 is the program, $3 the
# chains.
jump_to() {
  local in_table hook
  while read -r in_table hook; do
    bounded "$2" -w -t "$in_table" -C "$hook" -j "$1$hook" 2>/dev/null ||
      bounded "$2" -w -t "$in_table" -I "$hook" 1 -j "$1$hook" || return 1
  done <<-CHAINS
	$3
	CHAINS
}

# The chains of a table are replaced in one step, and are complete before any rule jumps to them.
load_chains() {
  local chains
  chains=$(chains_in "$2/firewall.$1")
  note_tables "$1" "$chains"
  bounded "$1-restore" -w --noflush < "$2/firewall.$1" && jump_to DEPLOY- "$1" "$chains" &&
    unload_chains "$1" "$chains"
}

# Whether releases on this host have chains for the program $1.
has_known_chains() {
  local rules
  for rules in "$root"/releases/*/"firewall.$1"; do
    [ ! -f "$rules" ] || return 0
  done
  return 1
}

# Removes the chains of earlier releases, except those in $2.
unload_chains() {
  local in_table hook jumps
  has_known_chains "$1" || return 0
  known_chains "$1" | while read -r in_table hook; do
    if printf '%s\n' "${2-}" | grep -qx "$in_table $hook"; then continue; fi
    "$1" -w -t "$in_table" -S "DEPLOY-$hook" > /dev/null 2>&1 || continue
    jumps=0
    while [ "$jumps" -lt 100 ] && "$1" -w -t "$in_table" -D "$hook" -j "DEPLOY-$hook" 2>/dev/null; do
      jumps=$((jumps + 1))
    done
    "$1" -w -t "$in_table" -F "DEPLOY-$hook" && "$1" -w -t "$in_table" -X "DEPLOY-$hook" || exit 1
  done
}
