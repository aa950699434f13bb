#!/bin/sh
# A box: a throw-away fleet of hosts in namespaces, which vanishes with the process that opened it.
#
#   box.sh guard SCRATCH 3<box.sh 4<boot.sh   starts the box; when it has ended, removes its cgroups,
#                                         which the kernel does not remove
#   box.sh enter SCRATCH GROUP            the process through which the box's namespaces are reached
#   box.sh open SCRATCH GROUP             first process of the box's mount, network and process
#                                         namespaces: reads the fleet on stdin, waits for its end
#
# stdin: one setting a line, fields separated by tabs, "-" for none:
#   address ADDRESS        the controller's, one for each line
#   home FOLDER            the home folder whose .ssh the box replaces
#   identity PATH          a private key file of the inventory; known_hosts PATH likewise
#   hide PATH              a path that no host may see
#   authorize KEY          a public key that can log in, besides the box's own
#   systemd FOLDER         the root file system of systemd hosts
#   host NAME SYSTEM PORT USER SUDO NGINX SSH DISK CONTAINER-HOST ADDRESSES
#                          plain or systemd; passwordless, password or none; yes or no twice;
#                          bytes; the host that it is a container of; joined by commas
#   start
# stdout: "box PID", then "booted NAME" or "failed NAME" for each host. stderr: what went wrong.
# When stdin ends, the box ends: the kernel kills every process in it, and with the last one
# its mounts and networks are removed. Nothing else is written outside SCRATCH, a tmpfs of the box.
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

# Puts a file of the box in the place of one that the inventory names; outside, that stays unchanged.
place() {
  if [ "${2#"$home/"}" = "$2" ]; then
    [ -f "$2" ] || fail "$2 does not exist, so the box cannot replace it with its own file"
    mount --bind "$1" "$2"
  elif [ ! -e "$2" ]; then
    mkdir -p "${2%/*}"
    ln "$1" "$2"
  fi
}

run_guard() {
  group=deploy-sandbox-$$
  sh "$0" enter "$scratch" "$group" || true
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    [ ! -d "$hierarchy/$group" ] || find "$hierarchy/$group" -depth -type d -delete
  done
}

run_enter() {
  echo "box $$"
  exec unshare --mount --net --pid --fork --kill-child sh "$0" open "$scratch" "$1"
}

run_open() {
  group=$1
  require <<-TOOLS
	ip iproute2
	mount mount
	pivot_root util-linux
	nft nftables
	sshd openssh-server
	ssh-keygen openssh-client
	pgrep procps
	TOOLS
  mount --make-rprivate /
  mount -t proc proc /proc
  mount -t tmpfs -o mode=1777 tmpfs "${scratch%/*}"
  mkdir -m 0700 "$scratch"
  cat /proc/self/fd/4 >"$scratch/boot.sh"
  exec 3<&- 4<&-
  mkdir -p "$base" "$scratch/merged" "$scratch/hosts"
  mkdir -m 0700 "$home" "$home/.ssh"
  ssh-keygen -q -t ed25519 -N '' -C controller -f "$home/.ssh/id_ed25519"
  : >"$home/.ssh/known_hosts"
  cp "$home/.ssh/id_ed25519.pub" "$scratch/authorized_keys"
  printf '127.0.0.1 localhost\n::1 localhost\n' >"$scratch/names"
  for path in /root /home /mnt /media /var/tmp /etc/deploy; do hide "$path"; done

  {
    echo 'link set lo up'
    # A fixed address, because otherwise the bridge takes the lowest of its ports, which change.
    echo 'link add fleet address 02:00:00:00:00:01 type bridge'
    echo 'link set fleet up'
  } | ip -batch -

  : >"$scratch/fleet"
  systemd_root=
  tab=$(printf '\t')
  while IFS=$tab read -r kind first rest; do
    case $kind in
      address) add_address "$first" ;;
      home) [ ! -d "$first/.ssh" ] || mount --bind "$home/.ssh" "$first/.ssh" ;;
      identity) place "$home/.ssh/id_ed25519" "$first" ;;
      known_hosts) place "$home/.ssh/known_hosts" "$first" ;;
      hide) hide "$first" ;;
      systemd) systemd_root=$first ;;
      authorize) printf '%s\n' "$first" >>"$scratch/authorized_keys" ;;
      host) add_host "$first" "$rest" ;;
      start) break ;;
      *:*) fail "box.sh: \"$kind\" is not a setting. This is a bug in deploy." ;;
    esac
  done
  [ "${kind-}" = start ] || exit 0

  name_the_fleet
  furnish plain / no
  [ -z "$systemd_root" ] || furnish systemd "$systemd_root" yes
  index=0
  while IFS=$tab read -r name system port user sudo nginx ssh disk container_host addresses; do
    index=$((index + 1))
    start_host &
  done <"$scratch/fleet"

  # wait(1) collects orphans as an init must; cat keeps it waiting until the owner closes stdin or dies.
  exec 3<&0 >/dev/null
  cat <&3 >/dev/null &
  owner=$!
  exec 2>/dev/null
  wait "$owner" || true
}

add_address() {
  case $1 in
    *:*) [ ! -e /proc/net/if_inet6 ] || ip address add "$1/128" dev fleet nodad ;;
    *) ip address add "$1/32" dev fleet ;;
  esac
}

add_host() {
  printf '%s\t%s\n' "$1" "$2" >>"$scratch/fleet"
  addresses=${2##*"$tab"} container_host=${2%"$tab"*}
  for address in $(echo "$addresses" | tr , ' '); do
    printf '%s %s\n' "$address" "$1" >>"$scratch/names"
    [ "${container_host##*"$tab"}" != - ] || ip route add "$address" dev fleet
  done
}

# ssh and curl on the controller know the hosts by name and by key, whichever HOME they use.
name_the_fleet() {
  cat >"$scratch/ssh_config" <<-END
	Host *
	  IdentityFile $home/.ssh/id_ed25519
	  UserKnownHostsFile $home/.ssh/known_hosts
	END
  [ ! -f /etc/ssh/ssh_config ] || mount --bind "$scratch/ssh_config" /etc/ssh/ssh_config
  [ ! -f /etc/hosts ] || mount --bind "$scratch/names" /etc/hosts
}

# The root that all hosts of a SYSTEM share: the files of LOWER without its private ones.
furnish() {
  mkdir -p "$scratch/layers/$1" "$scratch/work/$1"
  mount -t overlay overlay \
    -o "lowerdir=$2,upperdir=$scratch/layers/$1,workdir=$scratch/work/$1" "$scratch/merged"
  (
    cd "$scratch/merged"
    install -d -m 0700 root root/.ssh
    install -d -m 1777 var/tmp
    mkdir -p home mnt media
    rm -f etc/ssh/ssh_host_* etc/resolv.conf etc/hosts
    : >etc/resolv.conf
    cp "$scratch/names" etc/hosts
    cp "$scratch/authorized_keys" root/.ssh/authorized_keys
    chmod 0600 root/.ssh/authorized_keys
    cat >etc/ssh/sshd_config <<-END
	HostKey /etc/ssh/ssh_host_ed25519_key
	PidFile /run/sshd.pid
	UsePAM $3
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
  # Any early end of a host, including a failing command, is reported to the owner.
  trap 'echo "failed $name"' EXIT
  host=$scratch/hosts/$name
  root=$host/root
  mkdir -p "$root" "$host/upper" "$host/work"
  [ "$system" = systemd ] && lower=$systemd_root || lower=/
  lower=$scratch/layers/$system:$lower
  mount -t overlay overlay \
    -o "lowerdir=$lower,upperdir=$host/upper,workdir=$host/work" "$root"
  ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$root/etc/ssh/ssh_host_ed25519_key"
  for address in $(echo "$addresses,$name" | tr , ' '); do
    [ "$port" = 22 ] || address="[$address]:$port"
    printf '%s %s\n' "$address" "$(cut -d ' ' -f 1,2 "$root/etc/ssh/ssh_host_ed25519_key.pub")"
  done >>"$home/.ssh/known_hosts"
  echo "Port $port" >>"$root/etc/ssh/sshd_config"
  echo "$name" >"$root/etc/hostname"
  [ "$user" = root ] || add_user
  [ "$nginx" = yes ] || rm -rf "$root/usr/sbin/nginx" "$root/etc/nginx"
  [ "$system" = plain ] || set_up_systemd
  if [ "$disk" != - ]; then
    mkdir -p "$root/etc/deploy"
    mount -t tmpfs -o "mode=755,size=$disk" tmpfs "$root/etc/deploy"
  fi
  sh "$scratch/boot.sh" run "$scratch" "$name" "$system" "$nginx" "$ssh" "$group" "$index" \
    "$container_host" "$addresses"
}

add_user() {
  chroot "$root" id "$user" >/dev/null 2>&1 ||
    chroot "$root" useradd --no-user-group --shell /bin/sh "$user"
  own=$(chroot "$root" getent passwd "$user" | cut -d : -f 6)
  mkdir -p "$root$own/.ssh"
  cp "$scratch/authorized_keys" "$root$own/.ssh/authorized_keys"
  # An account without a password is locked with "!", which sshd refuses; "*" has none either.
  chroot "$root" usermod --password '*' "$user"
  chroot "$root" chown -R "$user:" "$own"
  [ "$sudo" != none ] || return 0
  [ -d "$root/etc/sudoers.d" ] || fail 'sudo is missing: apt-get install sudo'
  [ "$sudo" = passwordless ] && tag=NOPASSWD || tag=PASSWD
  echo "$user ALL=(ALL) $tag: ALL" >"$root/etc/sudoers.d/deploy-sandbox"
  chmod 0440 "$root/etc/sudoers.d/deploy-sandbox"
}

# A host with a machine ID is not booted for the first time, which would enable every service again.
set_up_systemd() {
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  wanted=$root/etc/systemd/system/multi-user.target.wants
  [ "$nginx" = yes ] || rm -f "$wanted/nginx.service"
  [ "$ssh" = yes ] || rm -f "$wanted/ssh.service"
}

action=$1 scratch=$2
base=$scratch/layers/plain
home=$scratch/home
shift 2
"run_$action" "$@"
