# shellcheck shell=sh disable=SC2154,SC2034 # host.sh, before it, has the folders
# Puts a release in force and takes it back. Runs behind host.sh, in transactions and in their undo.

# Only one process puts releases in force at a time: the timer waits for the transaction's own hand.
hold_switch() { exec 8>> "$run/switch" && flock 8; }

# Puts release $1 in force: the link, the include, nginx, the firewall. Each step may be repeated.
# Where it fails, $failure says at what, and $run/errors has the words of the program that failed.
put_in_force() {
  failure=files
  link_release "$1" 2> "$run/errors" || return 1
  failure=reload
  reload "$1" || return 1
  failure=firewall
  load_firewall "$1" 2> "$run/errors"
}

link_release() {
  if [ "$1" = 0 ]; then
    rm -f "$include" "$root/current"
    return
  fi
  has_nginx "$1" || rm -f "$include"
  ln -sfn "releases/$1" "$root/current.new" && mv -T "$root/current.new" "$root/current" || return 1
  if has_nginx "$1"; then write_include; fi
}

write_include() {
  [ "$(cat "$include" 2>/dev/null)" = "$(include_text)" ] && return 0
  mkdir -p "${include%/*}" && include_text > "$include.new" && mv "$include.new" "$include"
}

# Has nginx take release $1 and proves that it did: a signal that was sent says nothing.
reload() {
  log=/var/log/nginx/error.log
  offset=$(wc -c < "$log" 2>/dev/null) || offset=0
  if master=$(nginx_master); then
    before=" $(nginx_workers "$master" | tr '\n' ' ')"
    ask_nginx reload "$master" 2> "$run/errors" || return 1
  else
    has_nginx "$1" || return 0
    before=' '
    ask_nginx start 2> "$run/errors" || return 1
  fi
  wanted=
  if has_nginx "$1"; then wanted=$1; fi
  tries=0
  until is_served "$wanted" "$before"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 200 ] || has_given_up; then
      tail -c "+$((offset + 1))" "$log" 2>/dev/null | grep '\[emerg\]' | tail -n 5 > "$run/errors"
      return 1
    fi
    sleep 0.05
  done
}

# Has nginx $1 (reload, start), by systemd where nginx is a unit of it. $2 is the master that runs.
ask_nginx() {
  if [ "$1" = reload ]; then
    if has_systemd && systemctl is-active --quiet nginx.service; then
      systemctl reload nginx.service < /dev/null > /dev/null
    else
      kill -HUP "$2"
    fi
  elif has_systemd && systemctl cat nginx.service > /dev/null 2>&1; then
    systemctl start nginx.service < /dev/null > /dev/null
  else
    nginx 8>&- 9>&- < /dev/null > /dev/null
  fi
}

# Whether all workers that take connections are new ($2 has the old) and the master holds release $1 only.
is_served() {
  master=$(nginx_master) || return 1
  [ "$(served_releases "$master")" = "$1" ] || return 1
  workers=$(nginx_workers "$master")
  [ -n "$workers" ] || return 1
  for worker in $workers; do
    case $2 in *" $worker "*) return 1 ;; esac
  done
}

has_given_up() {
  [ "$tries" -gt 4 ] || return 1
  tail -c "+$((offset + 1))" "$log" 2>/dev/null | grep '\[emerg\]' |
    grep -v 'bind() to' | grep -q .
}

load_firewall() {
  if [ "$1" != 0 ] && [ -f "$root/releases/$1/firewall.nft" ]; then
    # shellcheck disable=SC2086 # family and name are two words
    nft -f "$root/releases/$1/firewall.nft" &&
      nft -s list table $table > "$root/releases/$1/firewall.listing"
  else
    printf 'table %s\ndelete table %s\n' "$table" "$table" | nft -f -
  fi
}

# Takes the release that is not confirmed back and puts the one before it in force; $1 says why. Only
# who wins the rename begins it, and one that was cut off is begun again.
undo() {
  mv "$root/pending" "$root/undoing" 2>/dev/null || [ -f "$root/undoing" ] || return 1
  put_in_force "$(word_of undoing 2)" || return 1
  finish_undo "$1"
  [ -d "$root" ] || forget_units
}

finish_undo() {
  if [ "$(word_of undoing 2)" = 0 ]; then
    remove_units
    rm -rf "$root"
    return
  fi
  undone=$(word_of undoing 1)
  record_verdict "$undone" reverted "$1"
  if [ "$(word_of undoing 3)" = install ]; then rm -rf "$root/releases/${undone:?}"; fi
  rm -f "$root/undoing"
}

# The boot-time check and the firewall at boot, for hosts with systemd. nftables.service flushes all
# rules when it starts or reloads: the drop-in puts these back.
write_units() {
  has_systemd || return 0
  [ -f "$units/deploy.service" ] && [ -f "$units/nftables.service.d/deploy.conf" ] && return 0
  mkdir -p "$units/nftables.service.d" "$units/sysinit.target.wants" || return 1
  cat > "$units/deploy.service" <<-UNIT || return 1
	[Unit]
	Description=The release that deploy has in force, and its firewall
	DefaultDependencies=no
	After=local-fs.target nftables.service
	Wants=network-pre.target
	Before=network-pre.target nginx.service shutdown.target
	Conflicts=shutdown.target

	[Service]
	Type=oneshot
	RemainAfterExit=yes
	ExecStart=/bin/sh $root/undo.sh boot
	UNIT
  cat > "$units/nftables.service.d/deploy.conf" <<-UNIT || return 1
	[Service]
	ExecStartPost=-/bin/sh $root/undo.sh firewall
	ExecReload=-/bin/sh $root/undo.sh firewall
	UNIT
  ln -sfn ../deploy.service "$units/sysinit.target.wants/deploy.service" && systemctl daemon-reload
}

remove_units() {
  rm -f "$units/sysinit.target.wants/deploy.service" "$units/deploy.service" \
    "$units/nftables.service.d/deploy.conf"
  rmdir "$units/nftables.service.d" "$units/sysinit.target.wants" 2>/dev/null
  :
}

# systemd goes on with what it has read, and with what is active, until it is told.
forget_units() {
  has_systemd || return 0
  systemctl daemon-reload && systemctl stop deploy.service 2>/dev/null
  :
}
