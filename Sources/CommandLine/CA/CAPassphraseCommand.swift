import Application
import ArgumentParser
import CAStore

/// `deploy ca passphrase`
struct CAPassphraseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "passphrase",
    abstract: "Encrypts the CA's keys under a new passphrase.",
    discussion: """
      The old passphrase comes from where the inventory says; the new one is asked for, or comes from a \
      variable or a file that only you may read. A run that was cut off is repeated with the same two. \
      Keys in the archive are encrypted anew too; one that neither passphrase opens is named and left as \
      it is. Copies in backups keep their passphrase.
      """)

  @OptionGroup var options: FleetOptions
  @Option(help: "The variable that holds the new passphrase.") var newEnv: String?
  @Option(help: "The file whose first line is the new passphrase.", completion: .file())
  var newFile: String?

  func validate() throws {
    guard newEnv == nil || newFile == nil else {
      throw ValidationError("Give --new-env or --new-file, not both.")
    }
  }

  func run() async throws {
    try await reporting {
      let workspace = try options.openWorkspace()
      let change = try await ChangeCA(workspace, options.interaction()).changePassphrase(
        environment: newEnv, file: newFile)
      Console.output(
        change.changed.isEmpty
          ? "The new passphrase opens every key already\(change.leftAlone.isEmpty ? "" : " but these")."
          : change.changed.map { "\($0) has the new passphrase." }.joined(separator: "\n"))
      for why in change.leftAlone { Console.error("left as it is: \(why)") }
    }
  }
}
