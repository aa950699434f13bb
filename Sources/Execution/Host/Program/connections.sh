# shellcheck shell=sh disable=SC2154,SC2034,SC2317,SC3043 # parts share variables and call each other; see base.sh
# Counts what is under way, without changing anything.

# Reports how many TCP connections these peers have to these ports, both in the digits of /proc/net/tcp and
# separated by commas, and how many workers of nginx end their last requests. A host may have a hundred thousand
# other connections, so they are counted here.
count_connections() {
  local ports peers
  take_arguments 'ports peers' "$@"
  awk -v ports="$ports" -v peers="$peers" '
    function count(file,   line, column) {
      while ((getline line < file) > 0) {
        if (!index(line, " 01 ")) continue
        split(line, column, " ")
        if (column[4] != "01") continue
        if (!(substr(column[2], length(column[2]) - 3) in is_port)) continue
        if (substr(column[3], 1, length(column[3]) - 5) in is_peer) number++
      }
    }
    BEGIN {
      for (i = split(ports, list, ","); i > 0; i--) is_port[list[i]] = 1
      for (i = split(peers, list, ","); i > 0; i--) is_peer[list[i]] = 1
      count("/proc/net/tcp")
      count("/proc/net/tcp6")
      print "@deploy open " number + 0
    }'
  if find_master; then
    find_workers "$master"
    # shellcheck disable=SC2086 # one word for each process
    set -- $retiring
    say retiring "$#"
  fi
  say end
}
