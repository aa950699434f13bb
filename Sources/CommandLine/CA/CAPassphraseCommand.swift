import Application
import ArgumentParser
import CAStore
import Fleet

/// `deploy ca passphrase`: changes the passphrase of the CA's keys.
struct CAPassphraseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "passphrase",
    abstract: "Encrypt the CA's keys with a new passphrase.",
    usage: "deploy ca passphrase [<options>]",
    discussion: """
      The old passphrase is read from the source that the inventory names. The new one is asked for on the \
      terminal, or read from a variable or from a file that only you can read. If a run is interrupted, repeat \
      it with the same two passphrases. Archived keys are encrypted again too; a key that neither passphrase \
      opens is reported and left unchanged. Copies in backups keep their old passphrase.

      EXAMPLES:
        deploy ca passphrase
        deploy ca passphrase --new-file ~/.config/deploy/new-passphrase
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var lock: LockOption
  @Option(
    help: ArgumentHelp("Read the new passphrase from this variable.", valueName: "variable"))
  var newEnv: String?
  @Option(
    help: ArgumentHelp(
      "Read the new passphrase from the first line of this file.", valueName: "file"),
    completion: .file(),
    transform: { text in
      guard let path = LocalPath(text) else {
        throw ValidationError("\(LocalPath.noun) is \(LocalPath.rule)")
      }
      return path
    })
  var newFile: LocalPath?

  func validate() throws {
    guard newEnv == nil || newFile == nil else {
      throw ValidationError("Give --new-env or --new-file, not both.")
    }
  }

  private var source: PassphraseSource {
    if let newEnv { .environment(newEnv) } else if let newFile { .file(newFile) } else { .terminal }
  }

  func run() async throws {
    try await reporting {
      let workspace = try await options.openWorkspace(waiting: lock)
      let change = try await ChangeCA(workspace, options.interaction()).changePassphrase(
        to: source)
      Console.output(
        change.changed.isEmpty
          ? "Every key\(change.leftAlone.isEmpty ? "" : " but these") already has the new passphrase."
          : change.changed.map { "\($0) has the new passphrase." }.joined(separator: "\n"))
      for why in change.leftAlone { Console.error("left unchanged: \(why)") }
    }
  }
}
