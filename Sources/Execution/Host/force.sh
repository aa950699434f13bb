# shellcheck shell=sh disable=SC2154,SC2034,SC3043 # host.sh, before it, has the folders, and says why local
# Puts a release in force and takes it back. Runs behind host.sh, in transactions and in their undo.
#
# global put_in_force: failure

# Only one process puts releases in force at a time: the timer waits for the transaction's own hand.
# Its own programs are bounded, so that it ends.
hold_switch() { exec 8>> "$run/switch" && flock 8; }

bounded() {
  if command -v timeout > /dev/null 2>&1; then timeout 30 "$@"; else "$@"; fi
}

# Brings files, and the names in folders, to the disk: what a power cut must not take back.
persist() { sync "$@" 2>/dev/null || sync; }

# Puts release $1 in force: the link, the include, nginx, the firewall. Each step may be repeated.
# Where it fails, $failure says at what, and $run/errors has the words of the program that failed.
#
# While nginx goes from one release to the other, what comes in has to pass the rules of both: a port that
# it comes to listen on is closed until then, and one that it leaves is guarded until it has left. What is
# wanted before and after passes both. An undo ($2) brings nginx back even if rules cannot be loaded.
put_in_force() {
  failure=files
  link_release "$1" 2> "$run/errors" || return 1
  failure=firewall
  add_rules "$1" 2> "$run/errors" || [ -n "${2-}" ] || return 1
  failure=reload
  reload "$1" || return 1
  failure=firewall
  load_firewall "$1" 2> "$run/errors"
}

link_release() {
  find_include
  if [ "$1" = 0 ]; then
    rm -f "$include" "$root/current"
    return
  fi
  has_nginx "$1" || rm -f "$include"
  ln -sfn "releases/$1" "$root/current.new" && mv -T "$root/current.new" "$root/current" || return 1
  if has_nginx "$1"; then write_include; fi
}

write_include() {
  is_included && return 0
  make_include_folder && include_text > "$include.new" && persist "$include.new" &&
    mv "$include.new" "$include"
}

# A folder that is made for the include goes with it, unless somebody has come to use it.
make_include_folder() {
  [ -d "${include%/*}" ] && return
  true > "$root/made-folder" && mkdir -p "${include%/*}"
}

# Has nginx take release $1 and proves that it did: a signal that was sent says nothing.
reload() {
  local log=/var/log/nginx/error.log offset before=' ' wanted='' rounds=0
  offset=$(wc -c 2>/dev/null < "$log") || offset=0
  if find_master; then
    # One that never had anything of this is left alone.
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
    # nginx takes some such time at first, and none in between.
    case $rounds in 1) sleep 0.04 ;; [2-9] | 1? | 20) sleep 0.02 ;; *) sleep 0.05 ;; esac
  done
}

# Has nginx $1 (reload, start), by systemd where nginx is a unit of it. $2 is the master that runs.
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

# Whether all workers that take connections are new ($2 has the old) and the master holds release $1 only.
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

# Whether nginx says that it cannot take the configuration; a port that is still held may become free.
has_given_up() { emergencies "$1" "$2" | grep -v 'bind() to' | grep -q .; }

# Prints what has come into nginx's log $1 behind the byte $2 and kept it from going on.
emergencies() { tail -c "+$(($2 + 1))" "$1" 2>/dev/null | grep '\[emerg\]'; }

load_firewall() {
  load_rules "$1" && set_kernel "$1" || return 1
  rm -f "$run/closed"
  has_rules "$1" || return 0
  local listing="$root/releases/$1/firewall.listing" loaded
  loaded=$(list_firewall "$1") || return 1
  # A release that was in force before has it already: a full disk does not keep it from coming back.
  if [ ! -f "$listing" ] || [ "$loaded" != "$(cat "$listing")" ]; then
    printf '%s\n' "$loaded" > "$listing"
  fi
}

has_rules() {
  [ "$1" != 0 ] || return 1
  [ -f "$root/releases/$1/firewall.nft" ] || [ -f "$root/releases/$1/firewall.iptables" ]
}

# Loads the rules of release $1 beside those that are loaded. No connection is sent elsewhere by them yet.
add_rules() {
  # Where nginx could not be brought back, its ports stay closed until it has been.
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

# Closes the ports that the release being taken back has nginx listen on first: it may do so still. For
# those on the host itself, and those who have a connection, nothing changes.
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

# Loads the rules of release $1 for those that are loaded, and for what is loaded beside them unless that
# stays ($2). Where one engine follows the other, the new rules stand before the old ones go.
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

# The chains of a table are replaced in one step, and stand whole before anything jumps to them.
load_chains() {
  local chains
  chains=$(chains_in "$2/firewall.$1")
  note_tables "$1" "$chains"
  bounded "$1-restore" -w --noflush < "$2/firewall.$1" && jump_to DEPLOY- "$1" "$chains" &&
    unload_chains "$1" "$chains"
}

# Has the kernel's own chains jump to those with the prefix $1, first of all; $2 is the program, $3 which.
jump_to() {
  local in_table hook
  while read -r in_table hook; do
    bounded "$2" -w -t "$in_table" -C "$hook" -j "$1$hook" 2>/dev/null ||
      bounded "$2" -w -t "$in_table" -I "$hook" 1 -j "$1$hook" || return 1
  done <<-CHAINS
	$3
	CHAINS
}

# To the nft of today iptables' tables are tables like others, which its first rule makes: one that was
# not there goes with deploy.
note_tables() {
  local family in_table
  family=$(family_of "$1")
  command -v nft > /dev/null 2>&1 || return 0
  printf '%s\n' "$2" | cut -d ' ' -f 1 | sort -u | while read -r in_table; do
    nft list table "$family" "$in_table" > /dev/null 2>&1 || true > "$root/made-$in_table-$family"
  done
}

family_of() { case $1 in iptables) echo ip ;; ip6tables) echo ip6 ;; esac; }

# Only what is as iptables makes it: by now others may have rules in it.
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

# Prints what removes nft's table $1, whether it is there or not.
drop_tables() { [ -z "$1" ] || printf 'table %s\ndelete table %s\n' "$1" "$1"; }

# Removes deploy's table, and the one beside it where $1 names it.
unload_tables() {
  command -v nft > /dev/null 2>&1 || return 0
  { drop_tables "$table" && drop_tables "$1"; } | bounded nft -f -
}

# Prints the chains that releases here have for the program $1. Hosts whose releases never used iptables,
# or one of its tables, are not asked for it: to look is to load its modules.
known_chains() {
  local rules
  for rules in "$root"/releases/*/"firewall.$1"; do
    if [ -f "$rules" ]; then chains_in "$rules"; fi
  done | sort -u
}

# Takes the chains away that a release here has had, but for those in $2.
unload_chains() {
  local in_table hook jumps
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

# Takes the chains away that stood beside those of a release.
unload_beside() {
  local program in_table hook
  for program in iptables ip6tables; do
    known_chains "$program" | while read -r in_table hook; do
      [ "$in_table" = filter ] || continue
      printf '*filter\n-D %s -j %s\n-F %s\n-X %s\nCOMMIT\n' "$hook" "DEPLOY-NEXT-$hook" \
        "DEPLOY-NEXT-$hook" "DEPLOY-NEXT-$hook" | bounded "$program-restore" -w --noflush 2>/dev/null
    done
  done
  :
}

# Sets the kernel as release $1 needs it. What was there before is kept, and comes back with the first
# release that needs nothing.
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

# Takes the release that is not confirmed back and puts the one before it in force; $1 says why. Only
# who wins the rename begins it, and one that was cut off is begun again.
#
# Where nginx cannot be put back, the firewall is all the same: it may be what shuts everybody out.
undo() {
  mv "$root/pending" "$root/undoing" 2>/dev/null || [ -f "$root/undoing" ] || return 1
  read_progress undoing
  if ! put_in_force "$at_before" undo; then
    if [ "$failure" != firewall ]; then
      close_ports
      load_rules "$at_before" beside && set_kernel "$at_before"
    fi 2> /dev/null
    return 1
  fi
  finish_undo "$1"
  disarm "$at_release"
}

finish_undo() {
  rm -rf "$run/transaction"
  read_progress undoing
  record_verdict "$at_release" reverted "$1"
  if [ "$at_before" = 0 ]; then
    remove_everything
    return
  fi
  if [ "$at_mode" = install ]; then discard_release "$at_release"; fi
  rm -f "$root/undoing"
}

# Removes release $1, which was not confirmed. Its manifest stays: it names certificates whose keys were here,
# and which perhaps no other operator knows of.
discard_release() {
  local folder="$root/releases/${1:?}" kept="$1"
  # It came first: of a release whose manifest was cut off, there was nothing else here.
  if [ -L "$root/current" ] && [ "$(tail -n 1 "$folder/manifest")" = end ]; then
    while knows_more "$root/discarded/$kept" "$folder/manifest"; do kept=$((kept + 1)); done
    mkdir -p "$root/discarded" && mv "$folder/manifest" "$root/discarded/$kept"
  fi 2> /dev/null
  rm -rf "$folder"
}

# Whether manifest $1 names certificates or revocations that manifest $2 does not.
knows_more() { grep -e '^issued ' -e '^revoked ' "$1" | grep -qvxF -f "$2"; }

# The confirmation stands from its rename on; this is what is left of it, whatever came in between.
finish_confirmation() {
  read_progress confirming
  record_verdict "$at_release" confirmed
  if [ "$at_release" = 0 ]; then
    remove_everything
    return
  fi
  printf '%s\n' "$at_before" > "$root/releases/$at_release/before"
  persist "$root" "$root/verdict"
  rm -f "$root/confirming"
}

# Has systemd drop the timer of release $1, which may come again by this number, and the units that
# are gone.
disarm() {
  has_systemd || return 0
  systemctl stop "deploy-undo-$1.timer" < /dev/null > /dev/null 2>&1
  [ -d "$root" ] || forget_units
}

# systemd goes on with what it has read, and with what is active, until it is told.
forget_units() {
  systemctl daemon-reload < /dev/null > /dev/null 2>&1
  systemctl stop deploy.service < /dev/null > /dev/null 2>&1
  :
}

# The releases, which have the keys, go first.
remove_everything() {
  find_include
  remove_units
  if [ -f "$root/verdict" ]; then cp "$root/verdict" "$run/verdict"; fi
  remove_tables
  if [ -f "$root/made-folder" ]; then rmdir "${include%/*}" 2>/dev/null; fi
  rm -rf "$root/releases" "$root"
}

# The boot-time check and the firewall at boot, for hosts with systemd.
write_units() {
  has_systemd || return 0
  local service="$units/deploy.service" drop_in="$units/nftables.service.d/deploy.conf"
  local wants="$units/sysinit.target.wants/deploy.service"
  [ "$(cat "$service" "$drop_in" 2>/dev/null)" = "$(service_text && drop_in_text)" ] &&
    [ -L "$wants" ] && return 0
  mkdir -p "${drop_in%/*}" "${wants%/*}" && service_text > "$service" &&
    drop_in_text > "$drop_in" && persist "$service" "$drop_in" &&
    ln -sfn ../deploy.service "$wants" && systemctl daemon-reload
}

service_text() {
  cat <<-UNIT
	[Unit]
	Description=The release that deploy has in force, and its firewall
	DefaultDependencies=no
	After=local-fs.target systemd-sysctl.service nftables.service netfilter-persistent.service
	After=iptables.service
	Wants=network-pre.target
	Before=network-pre.target nginx.service shutdown.target
	Conflicts=shutdown.target

	[Service]
	Type=oneshot
	RemainAfterExit=yes
	ExecStart=/bin/sh $root/undo.sh boot
	UNIT
}

# nftables.service flushes all rules when it starts or reloads: this puts these back.
drop_in_text() {
  cat <<-UNIT
	[Service]
	ExecStartPost=-/bin/sh $root/undo.sh firewall
	ExecReload=-/bin/sh $root/undo.sh firewall
	UNIT
}

remove_units() {
  rm -f "$units/sysinit.target.wants/deploy.service" "$units/deploy.service" \
    "$units/nftables.service.d/deploy.conf"
  rmdir "$units/nftables.service.d" 2>/dev/null
  :
}
