import Application
import ArgumentParser
import Fleet
import Inventories

/// `deploy init`
struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Writes an inventory, playbooks and a CA to start from.",
    discussion: """
      The CA's passphrase comes from the variable DEPLOY_PASSPHRASE, or is asked for on the \
      terminal. Nothing that exists is written over: where a file is in the way, nothing is written.
      """)

  @Option(help: "The fleet's name; by default the folder's, as far as letters and digits go.")
  var name: String?
  @Flag(help: "No ca: \"deploy ca create\" makes it later.") var noCA = false
  @Argument(help: "The folder; made where it is not there.", completion: .directory)
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
      (["Made for the fleet \(starter.fleet):"] + made + ca + [
        "", "Put your hosts and sites into \(inventory), then", "",
        "    deploy check --inventory \(inventory)",
      ] + create + [
        "    deploy hosts trust --inventory \(inventory)",
        "    deploy plan --inventory \(inventory)",
        "    deploy apply --inventory \(inventory)",
      ]).joined(separator: "\n")
  }
}
