import ArgumentParser
import Foundation
import Planning

/// The options that every command about a fleet takes.
struct FleetOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: "The inventory; DEPLOY_INVENTORY names it too, else the only one in Inventories/.",
    completion: .yaml)
  var inventory: String?

  @Option(
    help: "The state; by default beside the inventory: shop.yml has shop.state.json.",
    completion: .file(extensions: ["json"]))
  var state: String?

  @Flag(
    name: .customLong("no-color"),
    help: "No colours; the variables NO_COLOR and TERM=dumb say so too.")
  var noColor = false

  /// Whether results are coloured: on a terminal that has colours, unless the user wants none
  /// (https://no-color.org).
  func usesColor(
    onTerminal isTerminal: Bool, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> Bool {
    isTerminal && !noColor && EnvironmentVariable.value("NO_COLOR", in: environment) == nil
      && EnvironmentVariable.value("TERM", in: environment) ?? "dumb" != "dumb"
  }
}

extension CompletionKind {
  /// Inventories and playbooks.
  static var yaml: Self { .file(extensions: ["yml", "yaml"]) }
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
