import Application
import ArgumentParser
import FoundationEssentials

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

  var location: FleetLocation { FleetLocation(inventory: inventory, state: state) }

  /// - Parameter yes: whether every question counts as answered with yes.
  func interaction(format: OutputFormat = .text, yes: Bool = false) -> TerminalInteraction {
    TerminalInteraction(format: format, yes: yes) { self.usesColor(onTerminal: $0) }
  }

  /// Reads and checks the inventory.
  func openWorkspace() throws -> Workspace { try Workspace.open(location, interaction()) }
}

extension CompletionKind {
  /// Inventories and playbooks.
  static var yaml: Self { .file(extensions: ["yml", "yaml"]) }
}
