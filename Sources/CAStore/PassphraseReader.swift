package import Certificates

/// Reads the passphrase of the CA's keys from a variable, a file, a command or the terminal.
package protocol PassphraseReader: Sendable {
  /// Reads the passphrase.
  ///
  /// - Parameter isNew: whether it is a new passphrase, which a person has to enter twice.
  func read(isNew: Bool) async throws -> Secret
}

extension PassphraseReader {
  /// Reads the passphrase of existing keys.
  package func read() async throws -> Secret { try await read(isNew: false) }
}
