import Application
import ArgumentParser
import Inventories

/// `deploy cdn show`: prints the address ranges in use and their date, for each known network.
struct CDNShowCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show the address ranges in use and their date.",
    usage: "deploy cdn show [<options>]",
    discussion: """
      Shows the ranges that "deploy cdn update" saved beside the inventory, or else those that this version \
      of deploy was built with.

      EXAMPLES:
        deploy cdn show
        deploy cdn show --inventory Inventories/shop.yml
      """)

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
