# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Waits for the go signal, and arms the rollback: from then on the host ends automatically in the new release
# or in the previous one.

# A connected controller sends heartbeats; one that is cut off does not hold the lock for long.
await_word() {
  local word=wait
  while [ "$word" = "wait" ]; do
    watch_controller "$heartbeat"
    IFS= read -r word || word=
  done
  [ "$word" = go ] || refuse abandoned
  trap '' TERM
  watch_controller
}

# From here on the host rolls back automatically. Two timers watch because one may be killed, and one of
# systemd if there is systemd; they keep the lock until the release is confirmed or rolled back.
arm() {
  if ! write_arms 2> "$run/errors"; then
    rm -f "$root/pending.new" "$root/undo.sh.new"
    if [ "$previous" = 0 ]; then
      remove_units
      rm -rf "$root/undo.sh" "${root:?}/lib"
    fi
    refuse_with no-space
  fi
  persist "$root" "$root/pending.new" "$root/undo.sh"
  hold_switch
  forget_results
  mv "$root/pending.new" "$root/pending"
  start_timers
  if has_systemd; then
    systemd-run --quiet --collect --unit="deploy-undo-$release" --on-active="$((window + 2))" \
      --timer-property=AccuracySec=100ms /bin/sh "$root/undo.sh" now "$release" \
      8>&- 9>&- < /dev/null > /dev/null 2>&1
  fi
}

# The result of the last transaction must not be reported for this one, and what is written from here on has the
# place of the reserve. Emptying a file starts no program.
forget_results() {
  local file
  for file in "$root/reserve" "$root/result" "$run/result" "$root/verdict" "$run/verdict" "$run/applied"; do
    [ ! -e "$file" ] || true > "$file"
  done
}

write_arms() {
  { [ -d "$root" ] || mkdir -p "$root"; } && echo "$ports" > "$run/ports" &&
    note_pending && install_program && write_units
}

# Keeps this program where later calls find it, by its digest, and under the name by which the host calls it
# alone. That is a second link to the same file: it needs no other, and stays when lib is pruned.
install_program() {
  local program="$0"
  if [ -n "${program_text-}" ]; then
    program=$root/lib/$program_digest
    write_program "$program" || return
  fi
  # shellcheck disable=SC3013 # dash, ash and bash have -ef, and POSIX has it since 2024
  [ "$root/undo.sh" -ef "$program" ] && return
  rm -f "$root/undo.sh.new"
  { ln "$program" "$root/undo.sh.new" 2> /dev/null || cp "$program" "$root/undo.sh.new"; } &&
    mv "$root/undo.sh.new" "$root/undo.sh"
}

# Writes this program to the file $1, which is there whole or not at all.
write_program() {
  [ -d "$root/lib" ] || mkdir -m 0700 "$root/lib" || return
  write_text "$1.new" "$program_text" && chmod 0700 "$1.new" && persist "$1.new" &&
    [ "$(sha256sum < "$1.new")" = "$program_digest  -" ] && mv "$1.new" "$1" && return
  rm -f "$1.new"
  return 1
}

note_pending() { write_text "$root/pending.new" "$release $previous $mode ${digest:--} $who$nl"; }

# The timers are of a session of their own and ignore hang-ups; they decide themselves which request to end
# counts. One process starts both. If there is no space for its id, the timers end a second later.
start_timers() {
  local own_session=''
  if command -v setsid > /dev/null 2>&1; then own_session=setsid; fi
  # shellcheck disable=SC2086 # nothing, or one word
  (
    trap - TERM
    trap '' HUP
    exec $own_session /bin/sh "$root/undo.sh" timers "$window" "$release" 8>&- < /dev/null > /dev/null 2>&1
  ) &
  { echo "$!" > "$run/timers"; } 2> /dev/null
}
