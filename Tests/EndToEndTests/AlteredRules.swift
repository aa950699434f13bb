import Sandbox

extension Scene {
  /// Has a host's nft load other rules than it is given, where these let port 9666 in: what sed makes of
  /// them, for which `$port` is the controller's. Ends with `restoreRules`.
  func alterRules(of host: String, by change: String) async throws {
    let program = """
      #!/bin/sh
      port=${SSH_CONNECTION#* }
      port=${port%% *}
      if [ "$1" = -f ] && grep -qs 9666 "$2"; then
        sed '\(change)' "$2" | /usr/sbin/nft -f -
      else
        exec /usr/sbin/nft "$@"
      fi

      """
    try await sandbox.write(program, to: "/usr/local/bin/nft", on: .host(host))
    try await on(host, "chmod +x /usr/local/bin/nft")
  }

  func restoreRules(of host: String) async throws { try await on(host, "rm /usr/local/bin/nft") }
}
