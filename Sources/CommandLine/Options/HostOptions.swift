import Application
import ArgumentParser
import Planning

/// The options that select hosts and limit the work at the same time: `--limit` and `--parallel`.
struct HostOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Only these hosts: names, globs and label=value, separated by commas; ! excludes. If it is given several \
      times, the last one is used.
      """,
      valueName: "pattern"), completion: .patterns)
  var limit: String?

  @OptionGroup var parallel: ParallelOption

  func validate() throws {
    if let limit, Selector(limit) == nil {
      throw ValidationError("--limit has an empty term: \"\(limit)\".")
    }
  }

  /// The scope of a run on these hosts.
  func scope(playbook: String? = nil) throws -> RunScope {
    try RunScope(limit: limit, parallel: parallel.parallel, playbook: playbook)
  }
}
