# shellcheck shell=sh disable=SC2154,SC2034,SC2119,SC2120,SC2317,SC3043 # parts share variables and call each other; see base.sh
# One host's transaction: stage, validate, wait for the go signal, arm the rollback, switch, reload, verify,
# firewall. Until the go signal only a staged folder exists; after it the host ends automatically in the new
# release or in the previous one, even without the controller: in the new one only if it is confirmed in time
# over a separate connection.
#
# Arguments: the mode; the release; the fingerprint that is expected; the digest of the new manifest, empty if
# the controller does not know it; how many lines on standard input name files that stay as they are; the
# bytes of the tar stream behind them; seconds that staging and validating may take; seconds until the
# rollback; ports on which nginx starts to listen, separated by commas; the user who runs deploy. The modes:
# `install`, the stream has the release; `restore`, it is on the host already; `remove`, the release is 0, and
# deploy is removed from the host.
#
# global transact: mode release expected digest kept size patience window ports who work staged previous
# global start_watching: watcher
# global watch_controller: watcher watches

transact() {
  take_arguments 'mode release expected digest kept size patience window ports who' "$@"
  take_numbers release kept size patience window
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

# Refuses: reports the reason, and leaves the host as it was.
refuse() {
  discard
  say refused "$@"
  exit 0
}

refuse_with() {
  quote < "$run/errors"
  refuse "$@"
}

abandon() { refuse abandoned; }

discard() {
  watch_controller
  rm -rf "$work" "$root/reserve"
  find_linked
  [ -n "$is_staged" ] && [ "$release" != "$linked" ] && discard_release "$release"
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
    if [ "$rounds" -ge "$lock_attempts" ]; then
      say refused locked "$holder"
      exit 0
    fi
    say waiting "$holder"
  done
  printf '%s\n' "$who" > "$run/holder"
}

# Gives the controller $1 seconds until the next call of this, and more for as long as something comes into
# the folder $2, where one is given. Without arguments it is watched no longer.
#
# Waits are lines of a file that the one watcher reads, so that a new one starts no program.
watch_controller() {
  if [ $# = 0 ]; then
    [ -z "$watcher" ] || kill "$watcher" 2> /dev/null
    watcher=''
    return
  fi
  [ "$watches" != 0 ] || true > "$run/watched"
  watches=$((watches + 1))
  echo "$watches $*" >> "$run/watched"
  [ -n "$watcher" ] || start_watching
}

# A connection that dies silently would leave this waiting for ever with the lock. The program that reads
# the stream is ended too, because a shell handles a signal only after its program has ended. The watcher is
# announced only when it can be ended: a signal to a shell that has just forked may be lost.
start_watching() {
  watcher=$(
    (
      # A sleep that has just been forked would miss another signal.
      trap 'kill -9 $!; exit' TERM
      exec > /dev/null 2>&1
      outwait
      find_children $$
      # shellcheck disable=SC2086 # one word for each process
      kill -TERM $$ $children
    ) 9>&- < /dev/null &
    echo $!
  )
}

# Returns when one wait has lasted for its seconds. It looks at the file after short naps: a wait that begins
# during a nap is that much longer.
outwait() {
  local number='' seconds='' place='' next time into before='' seen='' now left="$stall" rest
  while :; do
    while read -r next time into; do
      number=$next seconds=$time place=$into
    done < "$run/watched"
    now=''
    [ -z "$place" ] || now=$(ls -lR "$place")
    if [ "$number" != "$before" ] || [ "$now" != "$seen" ]; then left=$seconds; fi
    [ "$left" -gt 0 ] || return 0
    rest=$((left > nap ? nap : left))
    before=$number seen=$now left=$((left - rest))
    sleep "$rest" &
    wait $! || exit
  done
}

# Completes an interrupted transaction (the host lost power, its timers were killed): no other process does
# so, because it would hold the lock.
recover() {
  [ -f "$root/confirming" ] || [ -f "$root/pending" ] || [ -f "$root/undoing" ] || return 0
  hold_switch
  if [ -f "$root/confirming" ]; then finish_confirmation; fi
  if [ -f "$root/pending" ] || [ -f "$root/undoing" ]; then
    find_current
    say recovering "$current"
    undo 'it was cut off' || refuse_with failed "$current"
  fi
  exec 8>&-
}

check_fingerprint() {
  find_fingerprint "$previous"
  [ "$fingerprint" = "$expected" ] || refuse changed "$fingerprint"
}

switch() {
  local why
  say switching
  if ! put_in_force "$release"; then
    why=$failure
  elif ! mark_applied; then
    why=files
  else
    say applied "$release"
    exit 0
  fi
  quote < "$run/errors"
  if undo "$why"; then
    say reverted "$why"
  else
    quote < "$run/errors"
    say failed "$previous"
  fi
  exit 0
}

# Only an applied release can be confirmed, and none after a restart, which empties the folder.
mark_applied() { write_text "$run/applied" "$release$nl" 2> "$run/errors"; }
