import Application
import ArgumentParser
import Diagnostics
import State

/// `deploy status`: reports how the hosts are now (``SurveyFleet``), and what has expired or is due
/// for renewal (``ListExpiry``). With `--expiry`, it lists all expiry dates and contacts no host.
///
/// It exits with 1 if a host has a problem (``StatusView/isHealthy``) or the CA has expired; with
/// `--expiry`, if anything has expired.
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show hosts, releases, drift and expiry.",
    usage: "deploy status [<options>]",
    discussion: """
      Reports for each host its release, what nginx serves, its firewall and its earliest expiry date, what is \
      wrong, and what to do about it. Exits with 1 if a host is unreachable, has drifted or has an expired \
      certificate; with --expiry, if anything has expired.

      EXAMPLES:
        deploy status
        deploy status --limit region=eu
        deploy status --expiry
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @OptionGroup var hosts: HostOptions
  @Option(help: "Output format.") var format = OutputFormat.text
  @Flag(help: "List expiry dates from the state, without contacting hosts.") var expiry = false

  func run() async throws {
    try await reporting {
      let interaction = options.interaction(format: format)
      let run = try FleetRun(
        options.location, hosts.scope(), interaction, log: log.logger(options.verbosity))
      let ends = ExpiryView(try ListExpiry(run).expiries(now: .current))
      guard !expiry else {
        try ends.print(as: format, interaction.style)
        guard !ends.hasEnded else { throw ExitCode(.failed) }
        return
      }
      let view = StatusView(try await SurveyFleet(run).report(), now: .current)
      try view.print(as: format, interaction.style)
      let urgent = ends.urgentLines(interaction.style)
      if format == .text, !urgent.isEmpty {
        Console.output(([""] + urgent).joined(separator: "\n"))
      }
      guard view.isHealthy else { throw ExitCode(.failed) }
    }
  }
}
