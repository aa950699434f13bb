import Application
import ArgumentParser
import Inventories

/// The options that select hosts and limit the work at the same time: `--limit` and `--parallel`.
struct HostOptions: ParsableArguments {
  private static let variable = "DEPLOY_LIMIT"

  @Option(
    name: .customLong("limit"),
    help: ArgumentHelp(
      """
      Only these hosts: names, globs and label=value, separated by commas; ! excludes. If it is given several \
      times, the last one is used. Default: $DEPLOY_LIMIT, or else all hosts.
      """,
      valueName: "pattern"), completion: .patterns)
  private var option: String?

  @OptionGroup var parallel: ParallelOption

  /// The hosts that the option or the variable selects; nil for all.
  var limit: String? { option ?? EnvironmentVariable.value(Self.variable) }

  /// Where the limit is from, for messages.
  var source: String { option == nil ? Self.variable : "--limit" }

  func validate() throws {
    if let limit, Selector(limit) == nil {
      throw ValidationError("\(source) has an empty term: \"\(limit)\".")
    }
  }

  /// The scope of a run on these hosts.
  func scope(playbook: String? = nil) throws -> RunScope {
    try RunScope(limit: limit, parallel: parallel.parallel, playbook: playbook)
  }
}
