import Certificates
import Files
import Fleet
import Foundation
import Inventories

/// Gets the authority's passphrase from where the inventory says.
struct Passphrase {
  let source: PassphraseSource
  let workspace: Workspace
  /// What the user can do where there is no terminal.
  var instead =
    "give authority.passphrase in the inventory, as {env: NAME}, {file: PATH} or {command: […]}"

  /// - Parameter isNew: whether it is asked for twice on a terminal.
  func read(isNew: Bool = false) throws -> Secret {
    let secret =
      switch source {
      case .environment(let name): try fromEnvironment(name)
      case .file(let path): try fromFile(workspace.resolve(path.text))
      case .command(let words): try fromCommand(words)
      case .terminal: try fromTerminal(isNew: isNew)
      }
    guard !secret.isEmpty else {
      throw Failure(.failed, "the passphrase from \(description) is empty")
    }
    return secret
  }

  /// A passphrase that is to be the authority's from now on, from another place than the inventory
  /// names: that one has the old passphrase until this one is in force.
  static func new(environment: String?, file: String?, workspace: Workspace) throws -> Secret {
    let new = Passphrase(source: .terminal, workspace: workspace)
    let secret =
      if let environment {
        try new.fromEnvironment(environment)
      } else if let file {
        try new.fromFile(file)
      } else {
        try new.fromTerminal(isNew: true, prompt: "New passphrase")
      }
    guard !secret.isEmpty else { throw Failure(.failed, "the new passphrase is empty") }
    return secret
  }

  private var description: String {
    switch source {
    case .environment(let name): "the variable \(name)"
    case .file(let path): workspace.resolve(path.text)
    case .command(let words): "the command \(words.joined(separator: " "))"
    case .terminal: "the terminal"
    }
  }

  private func fromEnvironment(_ name: String) throws -> Secret {
    guard let secret = SecretEnvironment.take(name) else {
      throw Failure(
        .failed, "the authority's passphrase should be in the variable \(name), which is not set")
    }
    return secret
  }

  private func fromFile(_ path: String) throws -> Secret {
    var bytes = try FileReader.read(path, as: .secret)
    return firstLine(wiping: &bytes)
  }

  private func fromCommand(_ words: [String]) throws -> Secret {
    var bytes = try SecretCommand(words: words, secret: "passphrase").output()
    return firstLine(wiping: &bytes)
  }

  private func firstLine(wiping bytes: inout [UInt8]) -> Secret {
    let line = Secret(
      copying: bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") })
    _ = Secret(wiping: &bytes)
    return line
  }

  private func fromTerminal(isNew: Bool, prompt: String = "Passphrase") throws -> Secret {
    let name = workspace.inventory.authority.name
    var first = try Terminal.askSecret("\(prompt) of \"\(name)\": ", instead: instead)
    guard isNew else { return Secret(wiping: &first) }
    var second = try Terminal.askSecret("The same again: ", instead: instead)
    let isSame = first == second
    _ = Secret(wiping: &second)
    let secret = Secret(wiping: &first)
    guard isSame else { throw Failure(.failed, "the two passphrases differ; nothing was changed") }
    return secret
  }
}
