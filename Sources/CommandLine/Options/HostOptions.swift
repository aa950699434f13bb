import Application
import ArgumentParser
import Planning

/// The options of commands that speak to hosts.
struct HostOptions: ParsableArguments {
  @Option(help: "Only these hosts: names, globs and label=value, comma separated; ! excludes.")
  var limit: String?

  @OptionGroup var parallel: ParallelOption

  func validate() throws {
    if let limit, Selector(limit) == nil {
      throw ValidationError("--limit has an empty term: \"\(limit)\".")
    }
  }

  func scope(playbook: String? = nil) throws -> RunScope {
    try RunScope(limit: limit, parallel: parallel.parallel, playbook: playbook)
  }
}
