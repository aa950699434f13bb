import Application
import ArgumentParser
import Inventories

/// `deploy cdn update`
struct CDNUpdateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "update", abstract: "Takes newer ranges of a network from files or URLs.",
    discussion: """
      Cloudflare publishes https://www.cloudflare.com/ips-v4 and https://www.cloudflare.com/ips-v6: \
      name both. The ranges are kept beside the inventory; hosts get them by the next apply.
      """)

  @OptionGroup var options: FleetOptions
  @Option(help: "The network.") var network = KnownNetwork.cloudflare
  @Flag(help: "Take a list that is far smaller or larger than the one before.") var anySize = false
  @Argument(
    help: "Files or https:// URLs that have all ranges together, one a line.", completion: .file())
  var sources: [String]

  func run() async throws {
    try await reporting {
      let result = try await UpdateRanges(options.openWorkspace()).update(
        network, from: sources, anySize: anySize)
      Console.output(
        "\(result.path): \(result.new.ranges.count) ranges of "
          + "\(network.rawValue), as of \(result.new.date)")
      for range in result.added { Console.output("  + \(range)") }
      for range in result.removed { Console.output("  - \(range)") }
      if result.added.isEmpty, result.removed.isEmpty {
        Console.output("  the same as of \(result.old.date)")
      }
    }
  }
}

extension KnownNetwork: ExpressibleByArgument {}
