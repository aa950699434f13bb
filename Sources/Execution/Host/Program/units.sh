# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# The boot-time check and the firewall at boot, for hosts with systemd.

# Writes the units, unless they are there with exactly this text.
write_units() {
  has_systemd || return 0
  local service="$units/deploy.service" drop_in="$units/nftables.service.d/deploy.conf" text
  local wants="$units/sysinit.target.wants/deploy.service"
  text=$(service_text && drop_in_text)
  [ "$(cat "$service" "$drop_in" 2>/dev/null)" = "$text" ] && [ -L "$wants" ] && return 0
  mkdir -p "${drop_in%/*}" "${wants%/*}" && service_text > "$service" &&
    drop_in_text > "$drop_in" && persist "$service" "$drop_in" &&
    ln -sfn ../deploy.service "$wants" && systemctl daemon-reload
}

service_text() {
  printf '%s\n' '[Unit]' \
    'Description=Rolls back an unconfirmed release of deploy, and loads the firewall' \
    'DefaultDependencies=no' \
    'After=local-fs.target systemd-sysctl.service nftables.service netfilter-persistent.service' \
    'After=iptables.service' \
    'Wants=network-pre.target' \
    'Before=network-pre.target nginx.service shutdown.target' \
    'Conflicts=shutdown.target' '' \
    '[Service]' \
    'Type=oneshot' \
    'RemainAfterExit=yes' \
    "ExecStart=/bin/sh $root/undo.sh boot"
}

# nftables.service flushes all rules when it starts or reloads: this puts these back.
drop_in_text() {
  printf '%s\n' '[Service]' "ExecStartPost=-/bin/sh $root/undo.sh firewall" \
    "ExecReload=-/bin/sh $root/undo.sh firewall"
}

remove_units() {
  rm -f "$units/sysinit.target.wants/deploy.service" "$units/deploy.service" \
    "$units/nftables.service.d/deploy.conf"
  rmdir "$units/nftables.service.d" 2>/dev/null
  :
}

# Makes systemd drop the timer of release $1, whose number may be used again, and removed units.
disarm() {
  has_systemd || return 0
  systemctl stop "deploy-undo-$1.timer" < /dev/null > /dev/null 2>&1
  [ -d "$root" ] || forget_units
}

# systemd keeps loaded and active units until daemon-reload.
forget_units() {
  systemctl daemon-reload < /dev/null > /dev/null 2>&1
  systemctl stop deploy.service < /dev/null > /dev/null 2>&1
  :
}
