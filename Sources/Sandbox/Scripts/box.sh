#!/bin/sh
# A box: a throw-away fleet of hosts in namespaces, which vanishes with the process that opened it.
#
#   box.sh open SCRATCH 3<box.sh          first process of the box's mount, network and process
#                                         namespaces: reads the fleet on stdin, waits for its end
#   box.sh boot SCRATCH INDEX NAME PORT NGINX SSH DISK ADDRESSES
#                                         first process of a host
#   box.sh sshd NAME PORT                 in a host: starts its sshd
#   box.sh reboot NAME PORT NGINX SSH     in a host: ends everything and starts its services
#
# stdin: one setting a line, fields separated by tabs, "-" for none:
#   address ADDRESS        the controller's, one for each line
#   home FOLDER            whose .ssh the box's own stands for
#   identity PATH          a private key file of the inventory; known_hosts PATH likewise
#   hide PATH              what no host may see
#   authorize KEY          a public key that may log in, beside the box's own
#   host NAME PORT USER NGINX SSH DISK ADDRESSES     yes or no, bytes, joined by commas
#   start
# stdout: "booted NAME PID" or "failed NAME" for each host. stderr: what went wrong.
# The end of stdin ends the box: the kernel then kills every process in it, and with the last one
# go its mounts and networks. Nothing is written outside SCRATCH, which is a tmpfs of the box.
set -eu

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

require() {
  missing=
  while read -r tool package; do
    command -v "$tool" >/dev/null || missing="$missing
$tool is missing: apt-get install $package"
  done
  [ -z "$missing" ] || fail "${missing#?}"
}

# An address for ip(8): alone on its network, and used at once without asking who else has it.
assign() {
  case $1 in
    *:*) echo "address add $1/128 dev $2 nodad" ;;
    *) echo "address add $1/32 dev $2" ;;
  esac
}

# A white-out in the layer over the controller's own files: overlayfs shows nothing there.
hide() {
  [ -e "$1" ] || return 0
  above=$1
  while [ -n "$above" ]; do
    [ ! -c "$base$above" ] || return 0
    above=${above%/*}
  done
  rm -rf "${base:?}$1"
  mkdir -p "$base${1%/*}"
  mknod "$base$1" c 0 0
}

# Puts a file of the box where the inventory names one; the file there stays as it is outside.
place() {
  if [ "${2#"$home/"}" = "$2" ]; then
    [ -f "$2" ] || fail "$2 does not exist, so the box cannot stand its own file in for it"
    mount --bind "$1" "$2"
  elif [ ! -e "$2" ]; then
    mkdir -p "${2%/*}"
    ln "$1" "$2"
  fi
}

run_open() {
  require <<-TOOLS
	ip iproute2
	mount mount
	pivot_root util-linux
	nft nftables
	sshd openssh-server
	ssh-keygen openssh-client
	TOOLS
  mount --make-rprivate /
  mount -t proc proc /proc
  mount -t tmpfs -o mode=1777 tmpfs "${scratch%/*}"
  mkdir -m 0700 "$scratch"
  cat "$0" >"$scratch/box.sh"
  exec 3<&-
  mkdir -p "$base" "$scratch/merged" "$scratch/work" "$scratch/hosts"
  mkdir -m 0700 "$home" "$home/.ssh"
  ssh-keygen -q -t ed25519 -N '' -C controller -f "$home/.ssh/id_ed25519"
  : >"$home/.ssh/known_hosts"
  cp "$home/.ssh/id_ed25519.pub" "$scratch/authorized_keys"
  printf '127.0.0.1 localhost\n::1 localhost\n' >"$scratch/names"
  for path in /root /home /mnt /media /var/tmp /etc/deploy; do hide "$path"; done

  {
    echo 'link set lo up'
    # An address of its own, or the bridge takes the lowest of its ports' as they come and go.
    echo 'link add fleet address 02:00:00:00:00:01 type bridge'
    echo 'link set fleet up'
  } | ip -batch -

  : >"$scratch/fleet"
  tab=$(printf '\t')
  while IFS=$tab read -r kind first rest; do
    case $kind in
      address) add_address "$first" ;;
      home) [ ! -d "$first/.ssh" ] || mount --bind "$home/.ssh" "$first/.ssh" ;;
      identity) place "$home/.ssh/id_ed25519" "$first" ;;
      known_hosts) place "$home/.ssh/known_hosts" "$first" ;;
      hide) hide "$first" ;;
      authorize) printf '%s\n' "$first" >>"$scratch/authorized_keys" ;;
      host) add_host "$first" "$rest" ;;
      start) break ;;
      *) fail "box.sh: \"$kind\" is no setting. This is a bug in deploy." ;;
    esac
  done
  [ "${kind-}" = start ] || exit 0

  name_the_fleet
  make_base
  index=0
  while IFS=$tab read -r name port user nginx ssh disk addresses; do
    index=$((index + 1))
    start_host "$name" "$port" "$user" "$nginx" "$ssh" "$disk" "$addresses" &
  done <"$scratch/fleet"

  # The wait collects orphans as an init must; cat holds it until the owner closes stdin or dies.
  exec 3<&0 >/dev/null
  cat <&3 >/dev/null &
  owner=$!
  exec 2>/dev/null
  wait "$owner" || true
}

add_address() {
  case $1 in
    *:*) [ -e /proc/net/if_inet6 ] || return 0 ;;
  esac
  assign "$1" fleet | ip -batch -
}

add_host() {
  printf '%s\t%s\n' "$1" "$2" >>"$scratch/fleet"
  for address in $(echo "${2##*"$tab"}" | tr , ' '); do
    printf '%s %s\n' "$address" "$1" >>"$scratch/names"
    ip route add "$address" dev fleet
  done
}

# ssh and curl on the controller know the hosts by name and by key, whatever HOME they look at.
name_the_fleet() {
  cat >"$scratch/ssh_config" <<-END
	Host *
	  IdentityFile $home/.ssh/id_ed25519
	  UserKnownHostsFile $home/.ssh/known_hosts
	END
  [ ! -f /etc/ssh/ssh_config ] || mount --bind "$scratch/ssh_config" /etc/ssh/ssh_config
  [ ! -f /etc/hosts ] || mount --bind "$scratch/names" /etc/hosts
}

# What all hosts have in common: this machine's files without what is private to it.
make_base() {
  mount -t overlay overlay -o "lowerdir=/,upperdir=$base,workdir=$scratch/work" "$scratch/merged"
  (
    cd "$scratch/merged"
    mkdir -m 0700 root root/.ssh
    mkdir -p home mnt media
    mkdir -m 1777 var/tmp
    rm -f etc/ssh/ssh_host_* etc/resolv.conf etc/hosts
    : >etc/resolv.conf
    cp "$scratch/names" etc/hosts
    cp "$scratch/authorized_keys" root/.ssh/authorized_keys
    chmod 0600 root/.ssh/authorized_keys
    cat >etc/ssh/sshd_config <<-END
	HostKey /etc/ssh/ssh_host_ed25519_key
	PidFile /run/sshd.pid
	UsePAM no
	PasswordAuthentication no
	PrintMotd no
	Subsystem sftp internal-sftp
	END
    for folder in etc/nginx/conf.d etc/nginx/sites-enabled var/log/nginx; do
      [ ! -d "$folder" ] || find "$folder" -mindepth 1 ! -name default -delete
    done
  )
  umount "$scratch/merged"
}

start_host() {
  # Whatever ends a host too early, a failing command included, is told to the owner.
  trap 'echo "failed $name"' EXIT
  name=$1 port=$2 user=$3 nginx=$4 ssh=$5 disk=$6 addresses=$7
  root=$scratch/hosts/$name/root
  mkdir -p "$root" "$scratch/hosts/$name/upper" "$scratch/hosts/$name/work"
  mount -t overlay overlay \
    -o "lowerdir=$base:/,upperdir=$scratch/hosts/$name/upper,workdir=$scratch/hosts/$name/work" "$root"
  ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$root/etc/ssh/ssh_host_ed25519_key"
  for address in $(echo "$addresses,$name" | tr , ' '); do
    [ "$port" = 22 ] || address="[$address]:$port"
    printf '%s %s\n' "$address" "$(cut -d ' ' -f 1,2 "$root/etc/ssh/ssh_host_ed25519_key.pub")"
  done >>"$home/.ssh/known_hosts"
  echo "$name" >"$root/etc/hostname"
  [ "$user" = root ] || add_user "$user"
  [ "$nginx" = yes ] || rm -rf "$root/usr/sbin/nginx" "$root/etc/nginx"
  unshare --mount --uts --ipc --net --pid --fork sh "$scratch/box.sh" boot "$scratch" \
    "$index" "$name" "$port" "$nginx" "$ssh" "$disk" "$addresses"
}

add_user() {
  chroot "$root" id "$1" >/dev/null 2>&1 || chroot "$root" useradd --no-user-group --shell /bin/sh "$1"
  own=$(chroot "$root" getent passwd "$1" | cut -d : -f 6)
  mkdir -p "$root$own/.ssh"
  cp "$scratch/authorized_keys" "$root$own/.ssh/authorized_keys"
  # An account without a password is locked with "!", which sshd refuses; "*" has none either.
  chroot "$root" usermod --password '*' "$1"
  chroot "$root" chown -R "$1:" "$own"
  [ ! -d "$root/etc/sudoers.d" ] || {
    printf '%s ALL=(ALL) NOPASSWD: ALL\n' "$1" >"$root/etc/sudoers.d/$1"
    chmod 0440 "$root/etc/sudoers.d/$1"
  }
}

run_boot() {
  index=$1 name=$2 port=$3 nginx=$4 ssh=$5 disk=$6 addresses=$7
  # /proc is still the box's: there this process has the number that the owner can use.
  read -r pid rest </proc/self/stat
  # So does the box's init; but ip looks for the "1" among its own processes, which is this one.
  nsenter --net=/proc/1/ns/net ip link add "host$index" master fleet up type veth \
    peer name eth0 netns 1
  hostname "$name"
  cd "$scratch/hosts/$name/root"
  mount -t proc proc proc
  mount -t sysfs sysfs sys
  mount -t tmpfs -o mode=755 tmpfs run
  mount -t tmpfs -o mode=1777 tmpfs tmp
  make_devices
  if [ "$disk" != - ]; then
    mkdir -p etc/deploy
    mount -t tmpfs -o "mode=755,size=$disk" tmpfs etc/deploy
  fi
  join_network
  pivot_root . mnt
  cd /
  umount -l /mnt
  start_services
  echo "booted $name $pid"
  exec </dev/null >/dev/null 2>&1
  # The wait collects orphans as an init must; sleep holds it.
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

# Every address is on the link, so that any inventory's addresses reach each other.
join_network() {
  {
    echo 'link set lo up'
    echo 'link set eth0 up'
    for address in $(echo "$addresses" | tr , ' '); do
      assign "$address" eth0
    done
    echo 'route add default dev eth0'
    [ ! -e /proc/net/if_inet6 ] || echo 'route add ::/0 dev eth0'
  } | ip -batch -
}

start_services() {
  mkdir -p /run/lock /run/sshd
  if [ "$nginx" = yes ]; then
    command -v nginx >/dev/null || fail 'nginx is missing: apt-get install nginx-light'
    nginx || fail "$name: nginx did not start"
  fi
  [ "$ssh" = no ] || start_sshd
}

# What a loss of power does: kill(2) spares the caller and the init, whose sleep comes again.
run_reboot() {
  name=$1 port=$2 nginx=$3 ssh=$4
  kill -KILL -1
  set -- /proc/[0-9]*
  while [ $# -gt 3 ]; do
    sleep 0.01
    set -- /proc/[0-9]*
  done
  nft flush ruleset
  find /run /tmp /dev/shm -xdev -mindepth 1 -delete
  start_services
}

# sshd goes to the background before it listens; it writes its process number after.
start_sshd() {
  sshd=$(command -v sshd)
  "$sshd" -p "$port" -E /var/log/sshd.log || fail "$name: sshd did not start"
  tries=0
  until [ -e /run/sshd.pid ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 1000 ] || fail "$name: sshd does not listen: $(cat /var/log/sshd.log)"
    sleep 0.01
  done
}

action=$1
shift
case $action in
  open | boot)
    scratch=$1
    base=$scratch/base
    home=$scratch/home
    shift
    "run_$action" "$@"
    ;;
  sshd)
    name=$1 port=$2
    start_sshd
    ;;
  reboot) run_reboot "$@" ;;
esac
