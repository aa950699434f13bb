import Application
import ArgumentParser
import Fleet
import Inventories

/// `deploy cdn update`: saves newer address ranges of a network beside the inventory
/// (``UpdateRanges``), and prints which ranges are new or removed.
struct CDNUpdateCommand: AsyncParsableCommand {
  /// The JSON, which docs/json.md describes.
  private struct Document: Encodable {
    let version = 1
    var network: String
    var path: String
    var date: String
    var previousDate: String
    var ranges: [String]
    var added: [String]
    var removed: [String]
  }

  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Update a network's address ranges from files or URLs.",
    usage: "deploy cdn update [<options>] <source> ...",
    discussion: """
      The sources together replace all ranges of the network, so name every list that it publishes: \
      Cloudflare has one for IPv4 and one for IPv6. The ranges are saved beside the inventory, and the next \
      apply installs them on the hosts.

      EXAMPLES:
        deploy cdn update https://www.cloudflare.com/ips-v4 \\
          https://www.cloudflare.com/ips-v6
        deploy cdn update --any-size ranges-v4.txt ranges-v6.txt
      """)

  @OptionGroup var options: FleetOptions
  @Option(help: "Output format.") var format = OutputFormat.text
  @Option(help: ArgumentHelp("Network whose ranges are updated.", valueName: "name")) var network =
    KnownNetwork.cloudflare
  @Flag(help: "Accept a list that is much smaller or larger than the current one.") var anySize =
    false
  @Argument(
    help: ArgumentHelp(
      "Files or https:// URLs that together list all ranges, one per line.",
      valueName: "source"), completion: .file())
  var sources: [String]

  func run() async throws {
    try await reporting {
      let result = try await UpdateRanges(options.openWorkspace()).update(
        network, from: sources, anySize: anySize)
      guard format == .text else {
        return try JSONText.print(
          Document(
            network: network.rawValue, path: result.path, date: result.new.date,
            previousDate: result.old.date, ranges: result.new.ranges.map(\.description),
            added: result.added.map(\.description), removed: result.removed.map(\.description)))
      }
      Console.output(
        "\(result.path): \(result.new.ranges.count.counting("range")) of "
          + "\(network.rawValue), as of \(result.new.date)")
      for range in result.added { Console.output("  + \(range)") }
      for range in result.removed { Console.output("  - \(range)") }
      if result.added.isEmpty, result.removed.isEmpty {
        Console.output("  no changes since \(result.old.date)")
      }
    }
  }
}

extension KnownNetwork: ExpressibleByArgument {}
