/// Where the passphrase of the CA's key comes from.
package enum PassphraseSource: Hashable, Sendable {
  case environment(String)
  case file(LocalPath)
  /// A program and its arguments; its first output line is the passphrase.
  case command([String])
  case terminal
}
