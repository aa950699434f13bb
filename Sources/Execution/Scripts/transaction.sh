# One host's transaction: stage, validate, wait for the word, switch, reload, prove, firewall. Runs behind
# host.sh. Until the word comes nothing but a staged folder exists; after it the host ends by itself in
# the new release or in the one before, whatever becomes of the controller.
#
# Arguments: release, expected fingerprint, bytes of the tar stream on standard input, seconds that the
# controller may take, ports that the release listens on (comma separated), who asks.
# The release 0 is "nothing": it takes deploy off the host.

set -u

main() {
  release=$1 expected=$2 size=$3 patience=$4 ports=$5 who=$6
  work=$run/transaction
  staged=$root/releases/$release
  trap '' HUP PIPE
  umask 022
  lock
  trap abandon TERM
  watch_controller "$patience"
  previous=$(current_release)
  recover
  check_fingerprint
  stage
  check_ports
  check_nginx
  check_firewall
  say prepared
  await_word
  switch
}

# Refuses: says why, and leaves the host as it was found.
refuse() {
  discard
  say refused "$@"
  exit 0
}

# shellcheck disable=SC2317 # a trap calls it
abandon() { refuse abandoned; }

discard() {
  [ -n "${watcher-}" ] && kill "$watcher" 2>/dev/null
  rm -rf "$work"
  [ "$release" != 0 ] && [ "$release" != "$(current_release)" ] && rm -rf "$staged"
  rmdir "$root/releases" "$root" 2>/dev/null
  :
}

lock() {
  mkdir -p "$run" || { say refused no-space; exit 0; }
  exec 9>> "$run/lock"
  if ! flock -w "${DEPLOY_LOCK_SECONDS:-15}" 9; then
    say refused locked "$(cat "$run/holder" 2>/dev/null)"
    exit 0
  fi
  printf '%s\n' "$who" > "$run/holder"
}

# A connection that dies without a word leaves this waiting for ever, and the lock with it. What waits
# for the stream just then is ended too: a shell hears of a signal when its program has ended.
watch_controller() {
  (
    exec 9>&- < /dev/null > /dev/null 2>&1
    trap 'kill $!; exit' TERM
    sleep "$1" &
    # shellcheck disable=SC2046 # one word for each process
    wait $! && kill -TERM $$ $(children $$)
  ) &
  watcher=$!
}

# A transaction that was cut off (the host lost power, its shell was killed) is undone first.
recover() {
  [ -s "$root/pending" ] || return 0
  say recovering "$previous"
  put_back || refuse broken "$previous"
}

check_fingerprint() {
  found=$(fingerprint "$previous")
  [ "$found" = "$expected" ] || refuse changed "$found"
}

stage() {
  rm -rf "$work"
  mkdir -p "$work" || refuse no-space
  if [ "$release" = 0 ]; then return 0; fi
  [ "$release" = "$previous" ] && refuse changed "$previous"
  rm -rf "$staged"
  mkdir -p "$staged" 2> "$work/errors" || refuse_with no-space
  head -c "$size" | tar -x -o -p -f - -C "$staged" 2> "$work/errors" || refuse_with staging
  keep_files 2> "$work/errors" || refuse_with staging
  check_digests > "$work/errors" 2>&1 || refuse_with damaged
  if has_nginx "$release"; then : > "$staged/nginx/served" || refuse no-space; fi
  sync "$staged" 2>/dev/null || sync
  say staged
}

# Copies what stays as it is from the release before, as the list in the stream says.
keep_files() (
  while IFS= read -r path; do
    mkdir -p "$staged/${path%/*}" &&
      cp -p "$root/releases/$previous/$path" "$staged/$path" || exit 1
  done < "$staged/keep"
  rm "$staged/keep"
)

check_digests() (
  cd "$staged" || exit 1
  sed -n 's/^file \([0-9a-f]*\) [0-7]* /\1  /p' manifest | sha256sum -c > "$work/digests" && exit 0
  grep -v ': OK$' "$work/digests"
  exit 1
)

refuse_with() {
  quote < "$work/errors"
  refuse "$@"
}

# A port that another program holds passes `nginx -t` and fails at the reload.
check_ports() {
  master=$(nginx_master) || master=
  own=$(ls -l "/proc/${master:-none}/fd" 2>/dev/null)
  rest=$ports,
  while [ "$rest" != , ] && [ -n "$rest" ]; do
    port=${rest%%,*}
    rest=${rest#*,}
    hex=$(printf '%04X' "$port")
    while read -r _ local _ state _ _ _ _ _ inode _; do
      [ "$state ${local##*:}" = "0A $hex" ] || continue
      case $own in *"socket:[$inode]"*) ;; *) refuse port "$port" "$(holder_of "$inode")" ;; esac
    done <<-SOCKETS
	$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
	SOCKETS
  done
}

holder_of() {
  for folder in /proc/[0-9]*; do
    case $(ls -l "$folder/fd" 2>/dev/null) in
      *"socket:[$1]"*)
        printf '%s (process %s)\n' "$(cat "$folder/comm")" "${folder#/proc/}"
        return
        ;;
    esac
  done
  echo 'another program'
}

has_nginx() { [ "$1" != 0 ] && [ -f "$root/releases/$1/nginx/deploy.conf" ]; }

# Tests the whole configuration as it would be after the switch, in a mount namespace where the staged
# release is in force; where there are no namespaces, in a copy with the paths rewritten.
check_nginx() {
  has_nginx "$release" || has_nginx "$previous" || return 0
  [ "$release" != 0 ] || command -v nginx > /dev/null || return 0
  pid_file=$(nginx_pid_file)
  cp -a "$nginx_folder" "$work/nginx" 2> "$work/errors" || refuse_with no-space
  if has_nginx "$release"; then
    mkdir -p "$work/nginx/conf.d" && include_text > "$work/nginx/conf.d/deploy.conf"
  else
    rm -f "$work/nginx/conf.d/deploy.conf"
  fi
  if unshare -m true 2>/dev/null; then test_in_namespace; else test_in_copy; fi \
    > "$work/dump" 2> "$work/errors"
  tested=$?
  # nginx leaves an empty pid file where it does not run, and then believes it.
  [ -s "$pid_file" ] || rm -f "$pid_file"
  sed -e '/ test failed$/d' -e 's#^nginx: ##' -e 's#^[0-9/]* [0-9:]* \(\[[a-z]*\]\) [0-9#]*: #\1 #' \
    -e "s#$work/nginx/#$nginx_folder/#g" -e "s#$staged/#$root/current/#g" \
    "$work/errors" | quote
  [ "$tested" = 0 ] || refuse nginx
  if has_nginx "$release" && ! grep -q "^# configuration file .*/conf\.d/deploy\.conf:" "$work/dump"; then
    refuse not-included
  fi
  say tested
}

test_in_namespace() {
  mkdir -p "$work/deploy/releases/$release" "$work/log"
  ln -s "releases/$release" "$work/deploy/current"
  (cd /var/log/nginx 2>/dev/null && find . -type d) | (cd "$work/log" && xargs mkdir -p)
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare -m sh -c '
    mount --make-rprivate / && mount --bind "$1/nginx" "$3" && mount --bind "$1/log" /var/log/nginx &&
      { [ ! -d "$4" ] || mount --bind "$4" "$1/deploy/releases/$5"; } &&
      mount --rbind "$1/deploy" "$2" && exec nginx -T -q
  ' sh "$work" "$root" "$nginx_folder" "$staged" "$release" 9>&-
}

test_in_copy() {
  find "$work/nginx" -type f -exec sed -i \
    -e "s#$nginx_folder/#$work/nginx/#g" -e "s#$root/current/#$staged/#g" {} + &&
    nginx -T -q -c "$work/nginx/nginx.conf" 9>&-
}

check_firewall() {
  [ -f "$staged/firewall.nft" ] || return 0
  nft -c -f "$staged/firewall.nft" 2> "$work/errors" || refuse_with firewall
}

await_word() {
  IFS= read -r word || word=
  [ "$word" = go ] || refuse abandoned
  trap '' TERM
  kill "$watcher" 2>/dev/null
  watcher=
}

# The place of the unattended undo: armed before the switch, and disarmed by a confirmation after it.
switch() {
  printf '%s\n' "$previous" > "$root/pending.new" || refuse no-space
  mv "$root/pending.new" "$root/pending" || refuse no-space
  sync "$root/pending" 2>/dev/null || sync
  say switching
  if put_in_force "$release"; then
    rm -f "$root/pending"
    prune
    rm -rf "$work"
    say confirmed "$release"
  elif put_back; then
    quote < "$work/errors"
    discard
    say reverted "$failure"
  else
    quote < "$work/errors"
    say broken "$previous"
  fi
  exit 0
}

put_back() {
  kept=${failure-}
  cp "$work/errors" "$work/reason" 2>/dev/null
  put_in_force "$previous"
  result=$?
  cp "$work/reason" "$work/errors" 2>/dev/null
  failure=$kept
  [ "$result" = 0 ] && rm -f "$root/pending"
  return "$result"
}

# Puts release $1 in force: the link, the include, nginx, the firewall. Each step may be repeated.
put_in_force() {
  mkdir -p "$work"
  : > "$work/errors"
  failure=files
  if [ "$1" = 0 ]; then
    rm -f "$include" "$root/current" || return 1
  else
    has_nginx "$1" || rm -f "$include"
    ln -sfn "releases/$1" "$root/current.new" && mv -T "$root/current.new" "$root/current" || return 1
    if has_nginx "$1"; then write_include || return 1; fi
  fi 2> "$work/errors"
  failure=reload
  reload "$1" || return 1
  failure=firewall
  load_firewall "$1" 2> "$work/errors"
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
    kill -HUP "$master"
  else
    has_nginx "$1" || return 0
    before=' '
    nginx 9>&- < /dev/null > /dev/null 2> "$work/errors" || return 1
  fi
  wanted=
  if has_nginx "$1"; then wanted=$1; fi
  tries=0
  until is_served "$wanted" "$before"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 200 ] || has_given_up; then
      tail -c "+$((offset + 1))" "$log" 2>/dev/null | grep '\[emerg\]' | tail -n 5 > "$work/errors"
      return 1
    fi
    sleep 0.05
  done
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

# Keeps the release in force and the four before it; nothing at all where deploy leaves the host.
prune() {
  if [ "$release" = 0 ]; then
    rm -rf "$root"
    return
  fi
  for folder in "$root"/releases/*; do printf '%s\n' "${folder##*/}"; done | grep -x '[0-9]*' |
    sort -rn | grep -vx "$release" | tail -n +5 |
    while IFS= read -r number; do rm -rf "$root/releases/${number:?}"; done
}

main "$@"
