package import Certificates

/// Where the passphrase of the CA's keys comes from: a variable, a file, a command or the terminal.
package protocol PassphraseReader: Sendable {
  /// - Parameter isNew: whether a key will be encrypted with it for the first time, so that a person types
  ///   it twice.
  func read(isNew: Bool) async throws -> Secret
}

extension PassphraseReader {
  package func read() async throws -> Secret { try await read(isNew: false) }
}
