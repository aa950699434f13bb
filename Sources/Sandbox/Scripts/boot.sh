#!/bin/sh
# The life of a sandbox's host: its cable, its power, and what it starts.
#
#   boot.sh run SCRATCH NAME SYSTEM NGINX SSH GROUP INDEX CONTAINER-HOST ADDRESSES
#                                      in the box: boots the host, and again after each shutdown
#   boot.sh plain SCRATCH NAME NGINX SSH AGAIN    first process of a plain host
#   boot.sh nspawn SCRATCH NAME        in the box: becomes the systemd host's container
#   boot.sh restart SCRATCH NAME HOW   in the box: "reboot" asks the host to, "power" pulls its plug;
#                                      waits until it has booted again
#   boot.sh sshd SCRATCH NAME          in a plain host: starts its sshd
#
# SCRATCH/hosts/NAME contains the host's root, its disk; net, its network; process, the box's number
# of its first process, empty until it has booted; console and log, its output as it boots; containers,
# a folder with a file for each container, which contains its address.
set -eu

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

run_run() {
  system=$1 nginx=$2 ssh=$3 group=$4 index=$5 container_host=$6 addresses=$7
  trap 'echo "failed $name"' EXIT
  again=no
  while :; do
    : >"$host/process"
    plug_in
    "boot_$system"
    [ -s "$host/process" ] || fail "$name: the host shut down before it had booted"
    again=yes
    # The owner no longer reads; the process that boots the host again does.
    exec >"$host/log" 2>&1
  done
}

# A network for each boot, because the kernel's part of it, such as the firewall, is lost with the
# power. The interface keeps its number, which other hosts remember, and a disconnected cable stays so.
plug_in() {
  cable=up
  if ip link show "host$index" >/dev/null 2>&1; then
    [ -n "$(ip link show "host$index" up)" ] || cable=down
    ip link delete "host$index"
  fi
  [ "$again" = no ] || umount "$host/net"
  : >"$host/net"
  unshare --net="$host/net" true
  if [ "$container_host" != - ]; then
    plug_into_container_host
    return
  fi
  ip link add "host$index" master fleet "$cable" type veth \
    peer name eth0 address "$(printf '02:00:00:01:%02x:%02x' $((index / 256)) $((index % 256)))" \
    netns "$host/net"
  # Every address is on the link, so that any inventory's addresses reach each other. Each is the only one
  # in its network, and is used at once without duplicate address detection.
  {
    echo 'link set lo up'
    echo 'link set eth0 up'
    for address in $(echo "$addresses" | tr , ' '); do
      case $address in
        *:*) echo "address add $address/128 dev eth0 nodad" ;;
        *) echo "address add $address/32 dev eth0" ;;
      esac
    done
    echo 'route add default dev eth0'
    [ ! -e /proc/net/if_inet6 ] || echo 'route add ::/0 dev eth0'
  } | nsenter --net="$host/net" ip -batch -
  # The cables of its containers are connected again after a boot.
  for container in "$host"/containers/*; do
    [ ! -f "$container" ] || connect "$name" "${container##*/}" "$(cat "$container")"
  done
}

# A container waits until its host is up, and has a cable to it only.
plug_into_container_host() {
  nsenter --net="$host/net" ip link set lo up
  tries=0
  until [ -s "$scratch/hosts/$container_host/process" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 6000 ] || fail "$name: its host $container_host does not boot"
    sleep 0.01
  done
  mkdir -p "$scratch/hosts/$container_host/containers"
  echo "$addresses" >"$scratch/hosts/$container_host/containers/$name"
  connect "$container_host" "$name" "$addresses"
}

# The first of a host's containers brings the network that they share.
connect() {
  gateway=${3%.*}.1
  outside=$scratch/hosts/$1/net
  if ! nsenter --net="$outside" ip link show containers >/dev/null 2>&1; then
    nsenter --net="$outside" ip -batch - <<-END
	link add containers type bridge
	address add $gateway/24 dev containers
	link set containers up
	END
  fi
  nsenter --net="$outside" ip link add "to${3##*.}" master containers up type veth \
    peer name eth0 netns "$scratch/hosts/$2/net"
  nsenter --net="$scratch/hosts/$2/net" ip -batch - <<-END
	address add $3/24 dev eth0
	link set eth0 up
	route add default via $gateway
	END
}

boot_plain() {
  nsenter --net="$host/net" unshare --mount --uts --ipc --pid --fork \
    sh "$scratch/boot.sh" plain "$scratch" "$name" "$nginx" "$ssh" "$again" || true
}

run_plain() {
  nginx=$1 ssh=$2 again=$3
  # /proc is still the box's: in it, this process has the number that the owner can use.
  read -r pid rest </proc/self/stat
  exec 4>"$host/process"
  hostname "$name"
  cd "$host/root"
  mount -t proc proc proc
  mount -t sysfs sysfs sys
  mount -t tmpfs -o mode=755 tmpfs run
  mount -t tmpfs -o mode=1777 tmpfs tmp
  make_devices
  pivot_root . mnt
  cd /
  umount -l /mnt
  start_services 4>&-
  echo "$pid" >&4
  echo "booted $name"
  exec </dev/null >/dev/null 2>&1 4>&-
  # wait(1) collects orphans as an init must; sleep keeps it waiting.
  while :; do
    sleep infinity &
    wait || true
  done
}

make_devices() {
  mount -t tmpfs -o mode=755 tmpfs dev
  while read -r device major minor; do
    mknod -m 0666 "dev/$device" c "$major" "$minor"
  done <<-END
	null 1 3
	zero 1 5
	full 1 7
	random 1 8
	urandom 1 9
	tty 5 0
	END
  mkdir dev/pts
  mkdir -m 1777 dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  ln -s /proc/self/fd/0 dev/stdin
  ln -s /proc/self/fd/1 dev/stdout
  ln -s /proc/self/fd/2 dev/stderr
}

# On a host that was deployed to, nginx may not start; sshd is started nevertheless.
start_services() {
  mkdir -p /run/lock /run/sshd
  if [ "$nginx" = yes ]; then
    command -v nginx >/dev/null || fail 'nginx is missing: apt-get install nginx-light'
    nginx || [ "$again" = yes ] || fail "$name: nginx did not start"
  fi
  [ "$ssh" = no ] || run_sshd
}

# sshd goes to the background before it listens; it writes its process number after.
run_sshd() {
  sshd=$(command -v sshd)
  "$sshd" -E /var/log/sshd.log || fail "$name: sshd did not start"
  tries=0
  until [ -e /run/sshd.pid ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 1000 ] || fail "$name: sshd does not listen: $(cat /var/log/sshd.log)"
    sleep 0.01
  done
}

# In a separate group, because systemd uses the one it is started in as its own, and names in it
# would clash.
boot_systemd() {
  (
    for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
      [ -f "$hierarchy/cgroup.procs" ] || continue
      mkdir -p "$hierarchy/$group/$name"
      echo 0 >"$hierarchy/$group/$name/cgroup.procs"
    done
    exec unshare --mount sh "$scratch/boot.sh" nspawn "$scratch" "$name"
  ) </dev/null >"$host/console" 2>&1 &
  nspawn=$!
  if await_systemd; then
    echo "$process" >"$host/process"
    echo "booted $name"
  else
    cat "$host/console" >&2
    kill -KILL "$nspawn" 2>/dev/null || true
  fi
  # A host that was asked to reboot exits with 133; one that was turned off boots again as well.
  wait "$nspawn" || true
}

run_nspawn() {
  # What nspawn keeps in /run would be the machine's, and would outlive the box.
  mount -t tmpfs tmpfs /run
  # The settings below /proc/sys/net belong to the host, which may change them.
  export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network
  exec systemd-nspawn --quiet --boot --directory="$host/root" --machine="$name" --settings=no \
    --register=no --keep-unit --network-namespace-path="$host/net" --capability=CAP_NET_ADMIN \
    --resolv-conf=off --timezone=off --link-journal=no --console=pipe
}

# Waits until systemd has nothing left to start.
await_systemd() {
  tries=0
  while :; do
    kill -0 "$nspawn" 2>/dev/null || return 1
    if process=$(first_process) && inside "$process" systemctl is-system-running --wait \
      2>/dev/null | grep -qx -e running -e degraded; then
      break
    fi
    tries=$((tries + 1))
    [ "$tries" -lt 1000 ] || return 1
    sleep 0.05
  done
  [ "$again" = no ] || return 0
  [ "$nginx" = no ] || is_active nginx || return 1
  [ "$ssh" = no ] || is_active ssh
}

is_active() {
  inside "$process" systemctl is-active --quiet "$1" && return
  inside "$process" systemctl status --no-pager "$1" >&2
  return 1
}

# The child of nspawn that has its own process namespace.
first_process() {
  own=$(readlink /proc/self/ns/pid)
  for child in $(pgrep -P "$nspawn"); do
    its=$(readlink "/proc/$child/ns/pid") || continue
    [ "$its" = "$own" ] || {
      echo "$child"
      return
    }
  done
  return 1
}

inside() {
  target=$1
  shift
  nsenter --target "$target" --mount --uts --ipc --net --pid --cgroup "$@"
}

run_restart() {
  read -r old <"$host/process" || fail "$name is not up"
  case $1 in
    power) kill -KILL "$old" ;;
    # The host may shut down before its answer arrives.
    reboot) inside "$old" systemctl reboot || true ;;
  esac
  tries=0
  until read -r new <"$host/process" && [ "$new" != "$old" ]; do
    tries=$((tries + 1))
    if [ "$tries" = 6000 ] || grep -qsx "failed $name" "$host/log"; then
      fail "$name did not boot again: $(cat "$host/log")"
    fi
    sleep 0.01
  done
}

action=$1 scratch=$2 name=$3
host=$scratch/hosts/$name
shift 3
"run_$action" "$@"
