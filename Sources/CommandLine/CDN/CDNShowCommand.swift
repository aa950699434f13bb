import Application
import ArgumentParser
import Inventories

/// `deploy cdn show`
struct CDNShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows the ranges of the networks, and how old they are.")

  @OptionGroup var options: FleetOptions

  func run() async throws {
    try await reporting {
      let workspace = try options.openWorkspace()
      for network in KnownNetwork.allCases {
        let ranges = workspace.inventory.networks[network] ?? network.shipped
        Console.output("\(network.rawValue), as of \(ranges.date)")
        for range in ranges.ranges { Console.output("  \(range)") }
      }
    }
  }
}
