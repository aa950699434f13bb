import Sandbox

extension Scene {
  /// Has a host's nft load other rules than it is given, where these let port 9666 in: what sed makes of
  /// them, for which `$port` is the controller's. Ends with `restoreRules`.
  func alterRules(of host: String, by change: String) async throws {
    let program = """
      #!/bin/sh
      port=${SSH_CONNECTION#* }
      port=${port%% *}
      [ "$1" = -f ] || exec /usr/sbin/nft "$@"
      rules=$(if [ "$2" = - ]; then cat; else cat "$2"; fi | awk '
        /^include "/ { gsub(/^include "|"$/, ""); while ((getline line < $0) > 0) print line; next }
        { print }')
      case $rules in
        *9666*) printf '%s\\n' "$rules" | sed '\(change)' ;;
        *) printf '%s\\n' "$rules" ;;
      esac | /usr/sbin/nft -f -

      """
    try await sandbox.write(program, to: "/usr/local/bin/nft", on: .host(host))
    try await on(host, "chmod +x /usr/local/bin/nft")
  }

  func restoreRules(of host: String) async throws { try await on(host, "rm /usr/local/bin/nft") }
}
