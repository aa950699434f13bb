import Application
import ArgumentParser
import FoundationEssentials

/// The options of every command about a fleet: `--inventory`, `--state` and `--color`.
struct FleetOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      """
      Inventory, - for standard input, or a program that prints it. If it is given several times, each file is \
      put on top of those before it. Default: $DEPLOY_INVENTORY, or else the only inventory in the nearest \
      Inventories/, here or in a folder above.
      """,
      valueName: "file"),
    completion: .yaml)
  var inventory: [String] = []

  @Option(
    name: .customLong("var"),
    help: ArgumentHelp(
      """
      The value of a variable of the inventory, for each one the last. Default: $DEPLOY_VAR_NAME, or else the value \
      in the inventory.
      """, valueName: "name=value"),
    transform: VariableOption.init)
  var variables: [VariableOption] = []

  @Option(
    help: ArgumentHelp(
      "State. Default: beside the inventory, such as shop.state.json for shop.yml.",
      valueName: "file"),
    completion: .file(extensions: ["json"]))
  var state: String?

  @OptionGroup var color: ColorOption

  @OptionGroup var verbosity: VerbosityOptions

  /// The files that the options name, and the command line, which the history records.
  var location: FleetLocation {
    FleetLocation(
      inventories: inventory, variables: VariableOption.values(variables), state: state,
      origin: RunOrigin(command: Self.words, version: Deploy.configuration.version))
  }

  /// The words after `deploy`.
  static var words: [String] { Array(Swift.CommandLine.arguments.dropFirst()) }

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
  ///   - events: gets the events of a run.
  func interaction(
    format: OutputFormat = .text, yes: Bool = false, events: RunEventLog? = nil
  ) -> TerminalInteraction {
    TerminalInteraction(format: format, yes: yes, verbosity: verbosity.level, events: events) {
      color.isUsed(onTerminal: $0)
    }
  }

  /// Reads and checks the inventory.
  func openWorkspace() async throws -> Workspace {
    try await Workspace.open(location, interaction())
  }

  /// The same, for a command that waits for other runs.
  func openWorkspace(waiting lock: LockOption) async throws -> Workspace {
    try await Workspace.open(location(waiting: lock), interaction())
  }
}

extension CompletionKind {
  /// Inventories and playbooks.
  static var yaml: Self { .file(extensions: ["yml", "yaml"]) }
}
