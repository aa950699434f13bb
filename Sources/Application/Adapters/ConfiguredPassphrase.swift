import CAStore
import Certificates
import Files
import Fleet
import Inventories

/// Reads the passphrase of the CA from the source that the inventory names.
struct ConfiguredPassphrase: PassphraseReader {
  private let source: PassphraseSource
  private let workspace: Workspace
  private let interaction: any Interaction
  /// What the user can do if there is no terminal.
  private let instead: String

  /// - Parameters:
  ///   - source: where the passphrase comes from; nil for the source that the inventory names.
  ///   - instead: what the user can do if there is no terminal.
  init(
    _ workspace: Workspace, _ interaction: any Interaction, source: PassphraseSource? = nil,
    instead: String =
      "set ca.passphrase in the inventory to {env: NAME}, {file: PATH} or {command: […]}"
  ) {
    self.source = source ?? workspace.inventory.ca.passphrase
    self.workspace = workspace
    self.interaction = interaction
    self.instead = instead
  }

  func read(isNew: Bool) async throws -> Secret {
    let secret =
      switch source {
      case .environment(let name): try fromEnvironment(name)
      case .file(let path): try fromFile(workspace.resolve(path.text))
      case .command(let words): try await fromCommand(words)
      case .terminal: try await fromTerminal(isNew: isNew)
      }
    guard !secret.isEmpty else {
      throw Failure(.failed, "the passphrase from \(description) is empty")
    }
    return secret
  }

  /// Reads the CA's new passphrase, from a variable, from a file, or else from the terminal. The source that the
  /// inventory names still has the old one.
  static func new(
    environment: String?, file: String?, _ workspace: Workspace, _ interaction: any Interaction
  ) async throws -> Secret {
    let new = ConfiguredPassphrase(workspace, interaction, source: .terminal)
    let secret =
      if let environment {
        try new.fromEnvironment(environment, "given with --new-env")
      } else if let file {
        try new.fromFile(file)
      } else {
        try await new.fromTerminal(isNew: true, prompt: "New passphrase")
      }
    guard !secret.isEmpty else { throw Failure(.failed, "the new passphrase is empty") }
    return secret
  }

  /// The source, for messages.
  private var description: String {
    switch source {
    case .environment(let name): "the variable \(name)"
    case .file(let path): workspace.resolve(path.text)
    case .command(let words): "the command \(words.joined(separator: " "))"
    case .terminal: "the terminal"
    }
  }

  /// - Parameter origin: where the variable is named, for messages.
  private func fromEnvironment(
    _ name: String, _ origin: String = "from which the inventory takes the CA's passphrase"
  ) throws -> Secret {
    guard let secret = SecretEnvironment.take(name) else {
      throw Failure(.failed, "the variable \(name), \(origin), is not set")
    }
    return secret
  }

  private func fromFile(_ path: String) throws -> Secret {
    var bytes = try FileReader.read(path, as: .secret)
    return firstLine(wiping: &bytes)
  }

  private func fromCommand(_ words: [String]) async throws -> Secret {
    var bytes = try await SecretCommand(words: words, secret: "passphrase").output()
    return firstLine(wiping: &bytes)
  }

  private func firstLine(wiping bytes: inout [UInt8]) -> Secret {
    let line = Secret(
      copying: bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
    _ = Secret(wiping: &bytes)
    return line
  }

  private func fromTerminal(isNew: Bool, prompt: String = "Passphrase") async throws -> Secret {
    let name = workspace.inventory.ca.name
    var first = try await interaction.askSecret("\(prompt) of \"\(name)\": ", instead: instead)
    guard isNew else { return Secret(wiping: &first) }
    var second = try await interaction.askSecret("Repeat the passphrase: ", instead: instead)
    let isSame = first == second
    _ = Secret(wiping: &second)
    let secret = Secret(wiping: &first)
    guard isSame else { throw Failure(.failed, "the two passphrases differ; nothing was changed") }
    return secret
  }
}
