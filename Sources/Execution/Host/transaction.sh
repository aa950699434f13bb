# shellcheck shell=sh disable=SC2154,SC3043 # host.sh, before it, has the folders, and says why local
# One host's transaction: stage, validate, wait for the word, arm the undo, switch, reload, prove,
# firewall. Runs behind host.sh and force.sh. Until the word comes nothing but a staged folder exists;
# after it the host ends by itself in the new release or in the one before, whatever becomes of the
# controller: in the new one only if confirm.sh comes in time over a connection of its own.
#
# Arguments: mode, release, expected fingerprint, bytes of the tar stream on standard input, seconds that
# the tests of it may take, seconds until the undo, ports that nginx comes to listen on
# (comma separated), who asks. The modes: `install`, the stream has the release; `restore`, it is on the
# host already; `remove`, the release is 0, which is nothing of deploy at all. The stream has undo.sh.
#
# global main: mode release expected size patience window ports who work staged previous
# global stage: is_staged
# global watch_controller: watcher
# global start_timer: timers

set -u

main() {
  mode=$1 release=$2 expected=$3 size=$4 patience=$5 window=$6 ports=$7 who=$8
  work=$run/transaction
  staged=$root/releases/$release
  trap '' HUP PIPE
  umask 022
  lock
  trap abandon TERM
  recover
  find_current
  previous=$current
  check_fingerprint
  stage
  check_ports
  check_nginx
  check_firewall
  say prepared
  await_word
  arm
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
  watch_controller
  rm -rf "$work"
  find_linked
  [ -n "${is_staged-}" ] && [ "$release" != "$linked" ] && discard_release "$release"
  rmdir "$root/releases" "$root" 2>/dev/null
  :
}

lock() {
  if ! make_run_folder; then
    say refused no-space
    exit 0
  fi
  local rounds=0 holder
  exec 9>> "$run/lock"
  until take_lock 9; do
    rounds=$((rounds + 1))
    holder=$(cat "$run/holder" 2>/dev/null)
    if [ "$rounds" -ge "${DEPLOY_LOCK_TRIES:-6}" ]; then
      say refused locked "$holder"
      exit 0
    fi
    say waiting "$holder"
  done
  printf '%s\n' "$who" > "$run/holder"
}

# A connection that dies without a word leaves this waiting for ever, and the lock with it. What waits
# for the stream just then is ended too: a shell hears of a signal when its program has ended. The
# watcher is known only when it can be ended: a signal to a shell that has just forked may be lost.
#
# It waits $1 seconds, and again for as long as something comes into the folder $2, where one is given. It
# takes the place of the one before it; without arguments none is left.
watch_controller() {
  [ -z "${watcher-}" ] || kill "$watcher" 2>/dev/null
  watcher=
  [ $# -gt 0 ] || return 0
  watcher=$(
    (
      local seen='' now
      sleep "$1" > /dev/null 2>&1 &
      trap 'kill $!; exit' TERM
      exec > /dev/null 2>&1
      wait $! || exit
      while [ -n "${2-}" ] && now=$(ls -lR "$2") && [ "$now" != "$seen" ]; do
        seen=$now
        sleep "$1" &
        wait $! || exit
      done
      find_children $$
      # shellcheck disable=SC2086 # one word for each process
      kill -TERM $$ $children
    ) 9>&- < /dev/null &
    echo $!
  )
}

# A transaction that was cut off (the host lost power, its timers were killed) is brought to its end:
# the lock would be held if anybody else still did that.
recover() {
  [ -f "$root/confirming" ] || [ -f "$root/pending" ] || [ -f "$root/undoing" ] || return 0
  hold_switch
  if [ -f "$root/confirming" ]; then finish_confirmation; fi
  if [ -f "$root/pending" ] || [ -f "$root/undoing" ]; then
    find_current
    say recovering "$current"
    undo 'it was cut off' || refuse_with broken "$current"
  fi
  exec 8>&-
}

check_fingerprint() {
  find_fingerprint "$previous"
  [ "$fingerprint" = "$expected" ] || refuse changed "$fingerprint"
}

stage() {
  if [ -e "$work" ]; then rm -rf "$work"; fi
  mkdir -p "$work/log" 2> "$run/errors" || refuse_with no-space
  if [ "$mode" = install ]; then
    [ "$release" = "$previous" ] && refuse changed "$fingerprint"
    is_staged=yes
    if [ -e "$staged" ]; then rm -rf "${staged:?}"; fi
    mkdir -p "$staged" 2> "$run/errors" || refuse_with no-space
    unpack "$staged" 2> "$run/errors" || refuse_with staging
    keep_files 2> "$run/errors" || refuse_with staging
    if has_nginx "$release"; then true > "$staged/nginx/served" || refuse no-space; fi
  else
    unpack "$work" 2> "$run/errors" || refuse_with staging
  fi
  if [ "$mode" != remove ]; then
    [ -f "$staged/manifest" ] || refuse gone "$release"
    check_digests > "$run/errors" 2>&1 || refuse_with damaged
    if [ "$mode" != install ]; then find_fingerprint "$release" && say restores "$fingerprint"; fi
    find "$staged" -exec sync {} + 2>/dev/null || sync
  fi
  say staged
}

# A stream that stands still is given up long before one that is only slow.
unpack() {
  local unpacked
  watch_controller "${DEPLOY_STALL:-15}" "$1"
  head -c "$size" | tar -x -o -p -f - -C "$1"
  unpacked=$?
  watch_controller "$patience"
  return "$unpacked"
}

# Copies what stays as it is from the release before, as the list in the stream says.
keep_files() (
  local target='' path next
  set --
  while IFS= read -r path; do
    case $path in */*) next=$staged/${path%/*} ;; *) next=$staged ;; esac
    if [ "$next" != "$target" ]; then
      copy_files "$target" "$@" || exit 1
      target=$next
      set --
    fi
    set -- "$@" "$root/releases/$previous/$path"
  done < "$staged/keep"
  copy_files "$target" "$@" && mv "$staged/keep" "$work"
)

# Copies files into the folder $1, which is made where it is missing.
copy_files() {
  [ $# -gt 1 ] || return 0
  local into="$1"
  shift
  [ -d "$into" ] || mkdir -p "$into" || return
  cp -p "$@" "$into/"
}

check_digests() (
  cd "$staged" || exit 1
  sed -n 's/^file \([0-9a-f]*\) [0-7]* /\1  /p' manifest | sha256sum -c > "$work/digests" && exit 0
  grep -v ': OK$' "$work/digests"
  exit 1
)

refuse_with() {
  quote < "$run/errors"
  refuse "$@"
}

# A port that another program holds passes `nginx -t` and fails at the reload.
check_ports() {
  local rest="$ports," port taken own socket
  set --
  while [ "$rest" != , ] && [ -n "$rest" ]; do
    port=${rest%%,*}
    rest=${rest#*,}
    write_in_hex "$port"
    set -- "$@" -e "s/^ *[0-9]*: [0-9A-F]*:$hex [^ ]* 0A [^ ]* [^ ]* [^ ]* *[0-9]* *[0-9]* \\([0-9]*\\) .*/$port:\\1/p"
  done
  [ $# -gt 0 ] || return 0
  taken=$(sed -n "$@" /proc/net/tcp /proc/net/tcp6 2>/dev/null)
  [ -n "$taken" ] || return 0
  find_master || :
  own=$(ls -l "/proc/${master:-none}/fd" 2>/dev/null)
  for socket in $taken; do
    case $own in
      *"socket:[${socket#*:}]"*) ;;
      *) refuse port "${socket%:*}" "$(holder_of "${socket#*:}")" ;;
    esac
  done
}

holder_of() {
  local folder
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

# Tests the whole configuration as it would be after the switch, in a mount namespace where the staged
# release is in force; where there are no namespaces, in a copy with the paths rewritten.
check_nginx() {
  has_nginx "$release" || has_nginx "$previous" || return 0
  [ "$release" != 0 ] || command -v nginx > /dev/null || return 0
  local is_in_place='' tested
  find_pid_file
  if has_nginx "$release" && is_included && [ -d "$root/current" ]; then
    is_in_place=yes
  else
    copy_configuration
  fi
  # Names that nginx looks up may be known in the host's own network only.
  test_in_namespace "$is_in_place" --net > "$work/dump" 2> "$run/errors"
  tested=$?
  if [ "$tested" != 0 ] || grep -q 'host not found' "$run/errors"; then
    test_in_namespace "$is_in_place" > "$work/dump" 2> "$run/errors"
    tested=$?
  fi
  if [ ! -e "$work/apart" ]; then
    [ -z "$is_in_place" ] || copy_configuration
    test_in_copy > "$work/dump" 2> "$run/errors"
    tested=$?
  fi
  # nginx leaves an empty pid file where it does not run, and then believes it.
  [ -s "$pid_file" ] || rm -f "$pid_file"
  if [ -s "$run/errors" ]; then
    sed -e '/ test failed$/d' -e 's#^nginx: ##' -e 's#^[0-9/]* [0-9:]* \(\[[a-z]*\]\) [0-9#]*: #\1 #' \
      -e "s#$work/nginx/#$nginx_folder/#g" -e "s#$staged/#$root/current/#g" \
      "$run/errors" | quote
  fi
  [ "$tested" = 0 ] || refuse nginx
  if has_nginx "$release" && ! grep -q "^# configuration file .*/[a-z]*\.d/deploy\.conf:" "$work/dump"; then
    refuse not-included "$include"
  fi
  say tested
}

# Makes the configuration with the include as the release has it, where the switch would change that.
copy_configuration() {
  local tested_include
  cp -a "$nginx_folder" "$work/nginx" 2> "$run/errors" || refuse_with no-space
  tested_include=$work/nginx${include#"$nginx_folder"}
  if has_nginx "$release"; then
    mkdir -p "${tested_include%/*}" && include_text > "$tested_include"
  else
    rm -f "$tested_include"
  fi
}

# Leaves $work/apart where there are namespaces. Where the include stays as it is ($1), the staged release
# only has to stand where the link leads.
#
# nginx listens on its ports while it tests, before the firewall has rules for them: in a network of its
# own ($2 is --net) nobody reaches it. The host's addresses are missing there.
test_in_namespace() {
  # The end of the inner shells, which know it as $4 whether the network is the host's.
  # shellcheck disable=SC2016 # expanded by the inner shell
  local test='
    [ -z "$4" ] || for family in 4 6; do
      echo 1 > "/proc/sys/net/ipv$family/ip_nonlocal_bind"
    done 2> /dev/null
    exec nginx -T -q
  '
  copy_log_folders
  if [ -n "$1" ]; then
    # shellcheck disable=SC2016,SC2086 # expanded by the inner shell; nothing, or one word
    unshare --mount ${2-} --propagation private sh -c '
      : > "$1/apart" && mount --bind "$1/log" /var/log/nginx && mount --bind "$2" "$3" || exit
      '"$test" sh "$work" "$staged" "$root/current" "${2-}" 9>&-
    return
  fi
  mkdir -p "$work/deploy/releases/$release"
  ln -sfn "releases/$release" "$work/deploy/current"
  # shellcheck disable=SC2016,SC2086 # expanded by the inner shell; nothing, or one word
  unshare --mount ${2-} --propagation private sh -c '
    : > "$1/apart" && mount --bind "$1/nginx" "$3" && mount --bind "$1/log" /var/log/nginx &&
      { [ ! -d "$5" ] || mount --bind "$5" "$1/deploy/releases/$6"; } &&
      mount --rbind "$1/deploy" "$2" || exit
    '"$test" sh "$work" "$root" "$nginx_folder" "${2-}" "$staged" "$release" 9>&-
}

# Makes the folders of logs in the folder that stands for /var/log/nginx: nginx opens its logs when it is
# tested, and says which it cannot open. Whoever owns a folder there names those in it, so names are never
# words; links are not followed.
copy_log_folders() {
  local folder
  for folder in /var/log/nginx/*/; do
    # shellcheck disable=SC2016 # expanded by the inner shell
    [ ! -d "$folder" ] || (cd /var/log/nginx && find . -type d -exec sh -c '
      for name; do mkdir -p "$0/$name"; done
    ' "$work/log" {} +) 2>/dev/null
    return
  done
}

test_in_copy() {
  find "$work/nginx" -type f -exec sed -i \
    -e "s#$nginx_folder/#$work/nginx/#g" -e "s#$root/current/#$staged/#g" {} + &&
    nginx -T -q -c "$work/nginx/nginx.conf" 9>&-
}

check_firewall() {
  local program
  if [ -f "$staged/firewall.nft" ]; then
    nft -c -f "$staged/firewall.nft" 2> "$run/errors" || refuse_with firewall
  fi
  for program in iptables ip6tables; do
    [ -f "$staged/firewall.$program" ] || continue
    "$program-restore" -w --noflush --test < "$staged/firewall.$program" 2> "$run/errors" ||
      refuse_with firewall
  done
}

# A controller that is alive says so; one that is cut off without a word does not hold the lock for long.
await_word() {
  local word=wait
  while [ "$word" = "wait" ]; do
    watch_controller "${DEPLOY_HEARTBEAT:-30}"
    IFS= read -r word || word=
  done
  [ "$word" = go ] || refuse abandoned
  trap '' TERM
  watch_controller
}

# From here on the host undoes this by itself. Two timers watch, for one of them may be killed, and
# systemd's own where there is one; they keep the lock until the release is confirmed or undone.
arm() {
  if ! write_arms 2> "$run/errors"; then
    rm -f "$root/pending.new" "$root/undo.sh.new"
    if [ "$previous" = 0 ]; then
      remove_units
      rm -f "$root/undo.sh"
    fi
    refuse_with no-space
  fi
  persist "$root" "$root/pending.new" "$root/undo.sh"
  hold_switch
  # Whoever asks how this one ended must not hear of the last.
  rm -f "$root/verdict" "$run/verdict"
  mv "$root/pending.new" "$root/pending"
  start_timer "$window"
  start_timer "$((window + 1))"
  # Where there is no space for their numbers, the timers end a second later.
  { echo "${timers-}" > "$run/timers"; } 2> /dev/null
  if has_systemd; then
    systemd-run --quiet --collect --unit="deploy-undo-$release" --on-active="$((window + 2))" \
      --timer-property=AccuracySec=100ms /bin/sh "$root/undo.sh" now "$release" \
      8>&- 9>&- < /dev/null > /dev/null 2>&1
  fi
}

write_arms() {
  { [ -d "$root" ] || mkdir -p "$root"; } && echo "$ports" > "$run/ports" &&
    note_pending switching && write_undo && write_units
}

# What is staged is on the disk of the root already.
write_undo() {
  if [ "$mode" = install ]; then
    mv "$staged/undo.sh" "$root/undo.sh"
  else
    cp "$work/undo.sh" "$root/undo.sh.new" && mv "$root/undo.sh.new" "$root/undo.sh"
  fi
}

# A shell's own words for a full disk are "I/O error": where it fails, `cat` says why.
note_pending() {
  local progress
  progress="$release $previous $mode $1 $who"
  { printf '%s\n' "$progress" > "$root/pending.new"; } 2>/dev/null ||
    printf '%s\n' "$progress" | cat > "$root/pending.new"
}

# A timer is of a session of its own and ignores hang-ups; it decides itself which request to end counts.
start_timer() {
  local own_session=''
  if command -v setsid > /dev/null 2>&1; then own_session=setsid; fi
  # shellcheck disable=SC2086 # nothing, or one word
  (
    trap - TERM
    trap '' HUP
    exec $own_session /bin/sh "$root/undo.sh" timer "$1" "$release" 8>&- < /dev/null > /dev/null 2>&1
  ) &
  timers="${timers-} $!"
}

switch() {
  local why
  say switching
  if ! put_in_force "$release"; then
    why=$failure
  elif ! mark_applied; then
    why=files
  else
    rm -rf "$work"
    say applied "$release"
    exit 0
  fi
  quote < "$run/errors"
  if undo "$why"; then
    say reverted "$why"
  else
    quote < "$run/errors"
    say broken "$previous"
  fi
  exit 0
}

# Only an applied release can be confirmed. No timer can take the file away meanwhile: it would need the
# lock of the switch.
mark_applied() {
  note_pending applied 2> "$run/errors" && persist "$root/pending.new" &&
    mv "$root/pending.new" "$root/pending"
}

main "$@"
