/// Where the passphrase of the CA's key comes from.
package enum PassphraseSource: Hashable, Sendable {
  case environment(String)
  case file(LocalPath)
  /// A program and its arguments; its first output line is the passphrase.
  case command([String])
  /// A credential of the systemd service that runs `deploy`; outside of one, the terminal.
  case credential(String)
  case terminal
}
