import Application
import ArgumentParser

/// `deploy history`: lists the runs that changed the fleet, or shows one (``ShowHistory``). With
/// `--from-hosts`, it lists the releases that hosts have instead (``ListReleases``).
struct HistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Show who changed the fleet, when, and with what results.",
    usage: "deploy history [<options>] [<run>]",
    discussion: """
      Every run that changes the fleet is recorded beside the state, in shop.runs.jsonl for the fleet shop. With \
      the name of a run, or its beginning or last part, its results and what was planned are shown. No host is \
      contacted, except with --from-hosts: if the records are lost, the signed manifests on the hosts say who \
      made their releases and when.

      EXAMPLES:
        deploy history --limit 5
        deploy history k7rf
        deploy history --from-hosts
      """)

  private static let usualLimit = 20

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @Option(help: ArgumentHelp("Maximum number of runs to list, newest first.", valueName: "n"))
  var limit = usualLimit
  @Option(help: "Output format.") var format = OutputFormat.text
  @Flag(
    name: .customLong("from-hosts"),
    help: "Contact the hosts, and list the releases that their manifests describe.")
  var isFromHosts = false
  @OptionGroup var parallel: ParallelOption
  @Argument(
    help: ArgumentHelp(
      "Run to show: the beginning of its name, or the last part.", valueName: "run"))
  var run: String?

  func validate() throws {
    guard limit >= 1 else { throw ValidationError("--limit must be at least 1.") }
    guard !isFromHosts || run == nil else {
      throw ValidationError("--from-hosts shows no single run: leave out \"\(run ?? "")\".")
    }
  }

  func run() async throws {
    try await reporting {
      let interaction = options.interaction(format: format)
      if isFromHosts {
        let run = try await FleetRun(
          options.location, RunScope(parallel: parallel.parallel), interaction,
          log: log.logger(options.verbosity))
        try ReleasesView(await ListReleases(run).report()).print(as: format, interaction.style)
        return
      }
      let history = ShowHistory(
        try await Workspace.open(options.location, interaction), interaction)
      if let run {
        try RunView(await history.run(run)).print(as: format, interaction.style)
      } else {
        try HistoryView(await history.runs(atMost: limit)).print(as: format, interaction.style)
      }
    }
  }
}
