import Application
import ArgumentParser
import FoundationEssentials

/// The options of every command about a fleet: `--inventory`, `--state` and `--no-color`.
struct FleetOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Inventory. Default: $DEPLOY_INVENTORY, or else the only inventory in Inventories/.",
      valueName: "file"),
    completion: .yaml)
  var inventory: String?

  @Option(
    help: ArgumentHelp(
      "State. Default: beside the inventory, such as shop.state.json for shop.yml.",
      valueName: "file"),
    completion: .file(extensions: ["json"]))
  var state: String?

  @Flag(
    name: .customLong("no-color"),
    help: "Print without colours, as with the variables NO_COLOR or TERM=dumb.")
  var noColor = false

  @OptionGroup var verbosity: VerbosityOptions

  /// Whether output is coloured: on a terminal with colours, unless the user disables them (see
  /// https://no-color.org).
  func usesColor(
    onTerminal isTerminal: Bool, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> Bool {
    isTerminal && !noColor && EnvironmentVariable.value("NO_COLOR", in: environment) == nil
      && EnvironmentVariable.value("TERM", in: environment) ?? "dumb" != "dumb"
  }

  /// The files that the options name, and the command line, which the history records.
  var location: FleetLocation {
    FleetLocation(
      inventory: inventory, state: state,
      origin: RunOrigin(
        command: Array(Swift.CommandLine.arguments.dropFirst()),
        version: Deploy.configuration.version))
  }

  /// The same, for a command that waits for other runs.
  func location(waiting lock: LockOption) -> FleetLocation {
    var location = location
    location.lockTimeout = lock.duration
    return location
  }

  /// The terminal on which the command shows results and asks.
  ///
  /// - Parameters:
  ///   - format: the format of results.
  ///   - yes: whether every question is answered with yes.
  func interaction(format: OutputFormat = .text, yes: Bool = false) -> TerminalInteraction {
    TerminalInteraction(format: format, yes: yes, verbosity: verbosity.level) {
      self.usesColor(onTerminal: $0)
    }
  }

  /// Reads and checks the inventory.
  func openWorkspace() throws -> Workspace { try Workspace.open(location, interaction()) }

  /// The same, for a command that waits for other runs.
  func openWorkspace(waiting lock: LockOption) throws -> Workspace {
    try Workspace.open(location(waiting: lock), interaction())
  }
}

extension CompletionKind {
  /// Inventories and playbooks.
  static var yaml: Self { .file(extensions: ["yml", "yaml"]) }
}
