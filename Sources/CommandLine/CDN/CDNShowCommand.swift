import Application
import ArgumentParser
import Fleet
import Inventories

/// `deploy cdn show`: prints the address ranges in use and their date, for each known network.
struct CDNShowCommand: AsyncParsableCommand {
  /// The JSON, which docs/json.md describes.
  private struct Document: Encodable {
    struct Network: Encodable {
      var network: String
      var date: String
      var ranges: [String]
    }

    let version = 1
    var networks: [Network]
  }

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
  @Option(help: "Output format.") var format = OutputFormat.text

  func run() async throws {
    try await reporting {
      let workspace = try await options.openWorkspace()
      let networks = KnownNetwork.allCases.map {
        ($0, workspace.inventory.published($0))
      }
      guard format == .text else {
        return try JSONText.print(
          Document(
            networks: networks.map { network, ranges in
              Document.Network(
                network: network.rawValue, date: ranges.date,
                ranges: ranges.ranges.map(\.description))
            }))
      }
      for (network, ranges) in networks {
        Console.output("\(network.rawValue), as of \(ranges.date)")
        for range in ranges.ranges { Console.output("  \(range)") }
      }
    }
  }
}
