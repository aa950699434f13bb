import ArgumentParser
import Fleet
import Inventories
import State

/// `deploy cdn`
struct CDNCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cdn", abstract: "Keeps the address ranges of content delivery networks.",
    subcommands: [Update.self, Show.self])

  struct Update: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Takes newer ranges of a network from files or URLs.",
      discussion: """
        Cloudflare publishes https://www.cloudflare.com/ips-v4 and https://www.cloudflare.com/ips-v6: \
        name both. The ranges are kept beside the inventory; hosts get them by the next apply.
        """)

    @OptionGroup var options: FleetOptions
    @Option(help: "The network.") var network = KnownNetwork.cloudflare
    @Flag(help: "Take a list that is far smaller or larger than the one before.") var anySize =
      false
    @Argument(
      help: "Files or https:// URLs that have all ranges together, one a line.", completion: .file()
    )
    var sources: [String]

    func run() async throws {
      try await reporting {
        let workspace = try Workspace.open(options)
        let old = workspace.inventory.networks[network] ?? network.shipped
        let list: RangeList
        let name = sources.joined(separator: " and ")
        let text = try sources.map { try RangeSource(name: $0).text() }.joined(separator: "\n")
        do throws(RangeList.Mistake) {
          list = try RangeList(text)
          if !anySize { try list.check(instead: old.ranges) }
        } catch {
          throw Failure(
            .failed,
            "\(name) is not taken for the ranges of \(network.rawValue), which stay as they were: "
              + "\(error)")
        }
        let new = PublishedRanges(date: Timestamp.current.date, ranges: list.ranges)
        try workspace.networkFiles.write(new, of: network)
        Console.output(
          "\(workspace.networkFiles.path(of: network)): \(new.ranges.count) ranges of "
            + "\(network.rawValue), as of \(new.date)")
        let added = new.ranges.filter { !old.ranges.contains($0) }
        let removed = old.ranges.filter { !new.ranges.contains($0) }
        for range in added { Console.output("  + \(range)") }
        for range in removed { Console.output("  - \(range)") }
        if added.isEmpty, removed.isEmpty { Console.output("  the same as of \(old.date)") }
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows the ranges of the networks, and how old they are.")

    @OptionGroup var options: FleetOptions

    func run() async throws {
      try await reporting {
        let workspace = try Workspace.open(options)
        for network in KnownNetwork.allCases {
          let ranges = workspace.inventory.networks[network] ?? network.shipped
          Console.output("\(network.rawValue), as of \(ranges.date)")
          for range in ranges.ranges { Console.output("  \(range)") }
        }
      }
    }
  }
}

extension KnownNetwork: ExpressibleByArgument {}
