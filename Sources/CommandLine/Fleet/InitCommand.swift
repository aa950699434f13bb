import Application
import ArgumentParser
import Diagnostics
import Fleet
import Inventories

/// `deploy init`: writes the inventory, the playbooks and the CA of a new fleet (``Starter``), and
/// prints the next steps.
struct InitCommand: AsyncParsableCommand {
  /// The JSON, which docs/json.md describes.
  private struct Document: Encodable {
    let version = 1
    var fleet: String
    var folder: String
    var inventory: String
    /// Nil if no CA was created.
    var ca: String?
    var files: [String]
    /// What to run next, in the folder.
    var commands: [String]
  }

  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Create an inventory, playbooks and a CA for a new fleet.",
    usage: "deploy init [<options>] [<folder>]",
    discussion: """
      The passphrase of the CA is read from the variable DEPLOY_PASSPHRASE, or asked for on the terminal. If \
      any of the files already exists, nothing is written.

      EXAMPLES:
        deploy init shop
        deploy init --name shop --no-ca ~/fleets/shop
      """)

  @Option(
    help: ArgumentHelp(
      "Name of the fleet. Default: the letters and digits of the folder's name, joined by hyphens.",
      valueName: "fleet"))
  var name: String?
  @Option(help: "Output format.") var format = OutputFormat.text
  @Flag(help: "Create no CA; \"deploy ca create\" creates it later.") var noCA = false
  @Argument(help: "Folder to write to. It is created if it does not exist.", completion: .directory)
  var folder = "."

  func run() async throws {
    try await reporting {
      let interaction = TerminalInteraction { _ in false }
      let starter = try Starter(name, in: folder, interaction)
      try await starter.write(withCA: !noCA)
      switch format {
      case .text: Console.output(try text(starter))
      case .json: try JSONText.print(document(starter))
      }
    }
  }

  /// The commands to run next, in the folder of the fleet.
  private func commands(_ starter: Starter) -> [String] {
    let commands = ["check"] + (noCA ? ["ca create"] : []) + ["hosts trust", "plan", "apply"]
    let option = starter.isDefaultInventory ? "" : " --inventory \(starter.inventory)"
    return commands.map { "deploy \($0)\(option)" }
  }

  private func document(_ starter: Starter) throws -> Document {
    Document(
      fleet: starter.fleet.text, folder: folder, inventory: starter.path(starter.inventory),
      ca: noCA ? nil : starter.path(starter.ca),
      files: try starter.files.map { starter.path($0.name) }, commands: commands(starter))
  }

  /// The files that were created, and the commands to run next.
  private func text(_ starter: Starter) throws -> String {
    let inventory = starter.path(starter.inventory)
    let made = try starter.files.map { "  \(starter.path($0.name))" }
    let ca = noCA ? [] : ["  \(starter.path(starter.ca))/ (keep a copy)"]
    let enter = folder == "." ? [] : ["cd \(ShellWord.typed(folder))"]
    let steps = enter + commands(starter)
    return
      (["Created for the fleet \(starter.fleet):"] + made + ca + [
        "", "Enter your hosts and sites in \(inventory), then run", "",
      ] + steps.map { "    \($0)" }).joined(separator: "\n")
  }
}
