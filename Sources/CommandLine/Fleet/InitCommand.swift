import Application
import ArgumentParser
import Diagnostics
import Fleet
import Inventories

/// `deploy init`: writes the inventory, the playbooks and the CA of a new fleet (``Starter``), and
/// prints the next steps.
struct InitCommand: AsyncParsableCommand {
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
  @Flag(help: "Create no CA; \"deploy ca create\" creates it later.") var noCA = false
  @Argument(help: "Folder to write to. It is created if it does not exist.", completion: .directory)
  var folder = "."

  func run() async throws {
    try await reporting {
      let interaction = TerminalInteraction { _ in false }
      let starter = try Starter(name, in: folder, interaction)
      try await starter.write(withCA: !noCA)
      Console.output(text(starter))
    }
  }

  /// The files that were created, and the commands to run next.
  private func text(_ starter: Starter) -> String {
    let inventory = starter.path(starter.inventory)
    let made = starter.files.map { "  \(starter.path($0.name))" }
    let ca = noCA ? [] : ["  \(starter.path(starter.ca))/ (keep a copy)"]
    let enter = folder == "." ? [] : ["cd \(ShellWord.typed(folder))"]
    let commands = ["check"] + (noCA ? ["ca create"] : []) + ["hosts trust", "plan", "apply"]
    let option = starter.isDefaultInventory ? "" : " --inventory \(starter.inventory)"
    let steps = enter + commands.map { "deploy \($0)\(option)" }
    return
      (["Created for the fleet \(starter.fleet):"] + made + ca + [
        "", "Enter your hosts and sites in \(inventory), then run", "",
      ] + steps.map { "    \($0)" }).joined(separator: "\n")
  }
}
