import Certificates
import Files
import Fleet

/// Reads a secret of one line, such as a passphrase or a password, from a source that the inventory
/// or the command names.
struct SecretReader {
  let source: PassphraseSource
  /// What the secret is, for messages: "passphrase" or "password".
  let name: String
  /// Where the source is named, for messages about a variable that is not set.
  let origin: String
  /// Makes a path of the inventory absolute.
  let resolve: @Sendable (String) -> String
  /// Asks the user: if the source is the terminal, or a credential of a service and `deploy` runs in none.
  let ask: () async throws -> Secret

  /// - Throws: `Failure` if the source is missing, fails or gives an empty line.
  func read() async throws -> Secret {
    let secret: Secret
    switch source {
    case .environment(let name): secret = try variable(name)
    case .file(let path):
      var bytes = try FileReader.read(resolve(path.text), as: .secret)
      secret = firstLine(wiping: &bytes)
    case .command(let words):
      var bytes = try await SecretCommand(words: words, secret: name).output()
      secret = firstLine(wiping: &bytes)
    case .credential(let name):
      guard let folder = Credential.folder else {
        secret = try await ask()
        break
      }
      var bytes = try Credential(name: name, secret: self.name).read(in: folder)
      secret = firstLine(wiping: &bytes)
    case .terminal: secret = try await ask()
    }
    guard !secret.isEmpty else {
      throw Failure(.failed, "the \(name) from \(description) is empty")
    }
    return secret
  }

  /// The source, for messages.
  private var description: String {
    switch source {
    case .environment(let name): "the variable \(name)"
    case .file(let path): resolve(path.text)
    case .command(let words): "the command \(words.joined(separator: " "))"
    case .credential(let name): "the credential \(name)"
    case .terminal: "the terminal"
    }
  }

  private func variable(_ name: String) throws -> Secret {
    guard let secret = SecretEnvironment.take(name) else {
      throw Failure(.failed, "the variable \(name), \(origin), is not set, or is empty")
    }
    return secret
  }

  private func firstLine(wiping bytes: inout [UInt8]) -> Secret {
    let line = Secret(
      copying: bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
    _ = Secret(wiping: &bytes)
    return line
  }
}
