import Certificates
import Files
import Fleet

/// Reads the SSH password of hosts from the source that the inventory names.
struct HostPassword {
  let source: PassphraseSource
  let resolve: @Sendable (String) -> String
  let interaction: any Interaction

  func read() async throws -> [UInt8] {
    let password =
      switch source {
      case .environment(let name): try fromEnvironment(name)
      case .file(let path): try fromFile(resolve(path.text))
      case .command(let words): try await fromCommand(words)
      case .terminal:
        try await interaction.askSecret(
          "Password for the SSH hosts: ",
          instead: "set ssh.password in the inventory to {env: NAME}, {file: PATH} or"
            + " {command: […]}")
      }
    guard !password.isEmpty else {
      throw Failure(.failed, "the password from \(place) is empty")
    }
    return password
  }

  /// The source as the inventory writes it, for messages.
  private var place: String {
    switch source {
    case .environment(let name): "env \(name)"
    case .file(let path): "file \(path)"
    case .command(let words): "command \(words.joined(separator: " "))"
    case .terminal: "ask"
    }
  }

  private func fromEnvironment(_ name: String) throws -> [UInt8] {
    guard let secret = SecretEnvironment.take(name) else {
      throw Failure(
        .failed, "the variable \(name), from which the inventory takes the password, is not set")
    }
    return secret.withUnsafeBytes { Array($0) }
  }

  private func fromFile(_ path: String) throws -> [UInt8] {
    return firstLine(of: try FileReader.read(path, as: .secret))
  }

  private func fromCommand(_ command: [String]) async throws -> [UInt8] {
    firstLine(of: try await SecretCommand(words: command, secret: "password").output())
  }

  private func firstLine(of bytes: [UInt8]) -> [UInt8] {
    Array(bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
  }
}
