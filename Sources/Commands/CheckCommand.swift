import ArgumentParser
import Inventories
import Planning
import Playbooks
import State

/// `deploy check`
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Checks the inventory, the playbook and the files that they name; asks no host.")

  @OptionGroup var options: FleetOptions
  @Option(name: .shortAndLong, help: "The playbook; by default rolling.", completion: .yaml)
  var playbook: String?

  func run() async throws {
    try await reporting {
      let workspace = try Workspace.open(options)
      let playbook = try Workspace.playbook(playbook, options) ?? .rolling
      let materials = try MaterialsReader(workspace: workspace, now: .current).read()
      for warning in materials.chainWarnings { Console.error("warning: \(warning)") }
      let inventory = workspace.inventory
      Console.output(
        "\(workspace.inventoryPath): fleet \(inventory.fleet), \(inventory.hosts.count) hosts,"
          + " \(inventory.sites.count) sites; playbook \(playbook.name): no mistakes")
    }
  }
}
