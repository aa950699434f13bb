# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Loads the firewall of a release, first in addition to the previous one, then instead of it.

load_firewall() {
  load_rules "$1" && set_kernel "$1" || return 1
  [ ! -e "$run/closed" ] || rm -f "$run/closed"
  has_rules "$1" || return 0
  local listing="$root/releases/$1/firewall.listing" loaded
  loaded=$(list_firewall "$1") || return 1
  # An earlier release has it already, so that a full disk does not prevent a rollback.
  if [ ! -f "$listing" ] || [ "$loaded" != "$(cat "$listing")" ]; then
    printf '%s\n' "$loaded" > "$listing"
  fi
}

# Loads the filter rules of release $1 in addition to the loaded ones, without redirecting connections yet.
add_rules() {
  # If nginx could not be restored, its ports stay closed until it is.
  [ ! -f "$run/closed" ] && has_rules "$1" || return 0
  local rules="$root/releases/$1" program chains
  if [ -f "$rules/firewall.nft" ]; then
    sed -e "s/^\(delete \)\{0,1\}table $table/&_next/" -e '/^    chain p[a-z]*routing {$/,/^    }$/d' \
      -e '/^    chain output {$/,/^    }$/d' "$rules/firewall.nft" | bounded nft -f -
    return
  fi
  for program in iptables ip6tables; do
    chains=$(chains_in "$rules/firewall.$program" | grep '^filter ')
    note_tables "$program" "$chains"
    sed -n -e 's/DEPLOY-/&NEXT-/' -e 's/-j ACCEPT$/-j RETURN/' -e '/^\*filter$/,/^COMMIT$/p' \
      "$rules/firewall.$program" | bounded "$program-restore" -w --noflush &&
      jump_to DEPLOY-NEXT- "$program" "$chains" || return 1
  done
}

# Closes the ports that only the release being rolled back listens on, because nginx may still do so. Local
# and established connections are not affected.
close_ports() {
  local ports='' port program
  { read -r ports < "$run/ports"; } 2>/dev/null
  [ -n "$ports" ] && true > "$run/closed" || return 0
  if [ -f "$root/releases/$at_release/firewall.iptables" ]; then
    for program in iptables ip6tables; do
      {
        printf '%s\n' '*filter' ':DEPLOY-NEXT-INPUT - [0:0]' '-A DEPLOY-NEXT-INPUT -i lo -j RETURN' \
          '-A DEPLOY-NEXT-INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN'
        printf '%s\n' "$ports" | tr , '\n' | sed 's/.*/-A DEPLOY-NEXT-INPUT -p tcp --dport & -j DROP/'
        echo COMMIT
      } | bounded "$program-restore" -w --noflush && jump_to DEPLOY-NEXT- "$program" 'filter INPUT'
    done
  else
    {
      drop_tables "${table}_next"
      cat <<-RULES
	table ${table}_next {
	    chain input {
	        type filter hook input priority filter; policy accept;
	        iifname "lo" accept
	        ct state established,related accept
	        tcp dport { $ports } drop
	    }
	}
	RULES
    } | bounded nft -f -
  fi
}

# Replaces the loaded rules with those of release $1, and also the additional ones unless they stay ($2). If
# the engine changes, the new rules are loaded before the old ones are removed.
load_rules() {
  local rules="$root/releases/$1" beside="${table}_next"
  [ -z "${2-}" ] || beside=
  if has_rules "$1" && [ -f "$rules/firewall.iptables" ]; then
    load_chains iptables "$rules" && load_chains ip6tables "$rules" && unload_tables "$beside"
  elif has_rules "$1"; then
    { drop_tables "$beside" && printf 'include "%s"\n' "$rules/firewall.nft"; } | bounded nft -f - &&
      unload_chains iptables && unload_chains ip6tables
  else
    unload_chains iptables && unload_chains ip6tables && unload_tables "$beside"
  fi || return 1
  [ -z "$beside" ] || unload_beside
}

# Removes the chains that were loaded in addition to those of a release.
unload_beside() {
  local program in_table hook
  for program in iptables ip6tables; do
    has_known_chains "$program" || continue
    known_chains "$program" | while read -r in_table hook; do
      [ "$in_table" = filter ] || continue
      printf '*filter\n-D %s -j %s\n-F %s\n-X %s\nCOMMIT\n' "$hook" "DEPLOY-NEXT-$hook" \
        "DEPLOY-NEXT-$hook" "DEPLOY-NEXT-$hook" | bounded "$program-restore" -w --noflush 2>/dev/null
    done
  done
  :
}

# Changes the kernel settings that release $1 needs. The old settings are saved, and restored with the first
# release that needs none.
set_kernel() {
  local settings="$root/releases/$1/firewall.sysctl" key
  if [ "$1" != 0 ] && [ -f "$settings" ]; then
    if [ ! -f "$root/sysctl" ]; then
      while read -r key _; do
        case $key in net.*) printf '%s = %s\n' "$key" "$(cat "$(setting "$key")")" ;; esac
      done < "$settings" > "$root/sysctl.new" && mv "$root/sysctl.new" "$root/sysctl" || return 1
    fi
    write_settings "$settings"
  elif [ -f "$root/sysctl" ]; then
    write_settings "$root/sysctl" && rm -f "$root/sysctl"
  fi
}

write_settings() {
  local key value
  while read -r key _ value; do
    case $key in net.*) printf '%s\n' "$value" > "$(setting "$key")" || return 1 ;; esac
  done < "$1"
}
