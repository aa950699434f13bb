import ArgumentParser
import Foundation
import Planning

/// The options that every command about a fleet takes.
struct FleetOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: "The inventory; DEPLOY_INVENTORY names it too, else the only one in Inventories/.")
  var inventory: String?

  @Option(
    help: "The state; by default beside the inventory: shop.yml has shop.state.json.")
  var state: String?

  @Flag(name: .customLong("no-color"), help: "No colours; the variable NO_COLOR says so too.")
  var noColor = false

  func usesColor(onTerminal isTerminal: Bool) -> Bool {
    isTerminal && !noColor
      && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
  }
}

/// The options of commands that speak to hosts.
struct HostOptions: ParsableArguments {
  @Option(help: "Only these hosts: names, globs and label=value, comma separated; ! excludes.")
  var limit: String?

  static let usualParallel = 64

  @Option(help: "How many hosts are dealt with at a time.")
  var parallel = Self.usualParallel

  func validate() throws {
    guard parallel >= 1 else { throw ValidationError("--parallel takes a number from 1 up.") }
    if let limit, Selector(limit) == nil {
      throw ValidationError("--limit has an empty term: \"\(limit)\".")
    }
  }

  var selector: Selector { limit.flatMap(Selector.init) ?? .all }
}

/// How a result is shown.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}
