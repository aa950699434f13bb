import Application
import ArgumentParser
import Fleet
import Inventories

/// `deploy init`: writes the files of a new fleet.
struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Create an inventory, playbooks and a CA to start from.",
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
      "Name of the fleet. Default: the letters and digits of the folder's name.",
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

  private func text(_ starter: Starter) -> String {
    let inventory = starter.path(starter.inventory)
    let made = starter.files.map { "  \(starter.path($0.name))" }
    let ca = noCA ? [] : ["  \(starter.path(starter.ca))/ (keep a copy)"]
    let create =
      noCA ? ["    deploy ca create --inventory \(inventory)"] : []
    return
      (["Created for the fleet \(starter.fleet):"] + made + ca + [
        "", "Enter your hosts and sites in \(inventory), then run", "",
        "    deploy check --inventory \(inventory)",
      ] + create + [
        "    deploy hosts trust --inventory \(inventory)",
        "    deploy plan --inventory \(inventory)",
        "    deploy apply --inventory \(inventory)",
      ]).joined(separator: "\n")
  }
}
