import CAStore
import Certificates
import Fleet
import Inventories

/// Reads the passphrase of the CA from the source that the inventory names.
struct ConfiguredPassphrase: PassphraseReader {
  private let source: PassphraseSource
  private let workspace: Workspace
  private let interaction: any Interaction
  /// What the user can do if there is no terminal.
  private let instead: String
  /// Where the source is named, for messages.
  private let origin: String
  private let prompt: String
  /// Makes a path absolute, or leaves it relative to the current folder.
  private let resolve: @Sendable (String) -> String

  /// - Parameters:
  ///   - source: where the passphrase comes from; nil for the source that the inventory names.
  ///   - instead: what the user can do if there is no terminal.
  init(
    _ workspace: Workspace, _ interaction: any Interaction, source: PassphraseSource? = nil,
    instead: String =
      "set ca.passphrase in the inventory to {env: NAME}, {file: PATH}, {command: […]} or {credential: NAME}",
    origin: String = "from which the inventory takes the CA's passphrase",
    prompt: String = "Passphrase", resolve: (@Sendable (String) -> String)? = nil
  ) {
    self.source = source ?? workspace.inventory.ca.passphrase
    self.workspace = workspace
    self.interaction = interaction
    self.instead = instead
    self.origin = origin
    self.prompt = prompt
    self.resolve = resolve ?? { workspace.resolve($0) }
  }

  /// The reader of the CA's new passphrase. The source that the inventory names still has the old
  /// one.
  ///
  /// - Parameter source: the source that the command names.
  static func new(
    from source: PassphraseSource, _ workspace: Workspace, _ interaction: any Interaction
  ) -> Self {
    Self(
      workspace, interaction, source: source, origin: "given with --new-env",
      prompt: "New passphrase", resolve: { $0 })
  }

  func read(isNew: Bool) async throws -> Secret {
    try await SecretReader(
      source: source, name: "passphrase", origin: origin, resolve: resolve,
      ask: { try await fromTerminal(isNew: isNew) }
    ).read()
  }

  private func fromTerminal(isNew: Bool) async throws -> Secret {
    let name = workspace.inventory.ca.name
    var first = try await interaction.askSecret(
      "\(prompt) of \"\(name)\": ", instead: source.instead(of: "passphrase") ?? instead)
    guard isNew else { return Secret(wiping: &first) }
    var second = try await interaction.askSecret("Repeat the passphrase: ", instead: instead)
    let isSame = first == second
    _ = Secret(wiping: &second)
    let secret = Secret(wiping: &first)
    guard isSame else { throw Failure(.failed, "the two passphrases differ; nothing was changed") }
    return secret
  }
}

extension PassphraseSource {
  /// What to do without a terminal, if a service would have the secret.
  func instead(of secret: String) -> String? {
    guard case .credential(let name) = self else { return nil }
    return Credential(name: name, secret: secret).instead
  }
}
