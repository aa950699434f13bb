import Application
import ArgumentParser
import Diagnostics
import Reports
import State

/// `deploy status`: reports how the hosts are now (``SurveyFleet``), and what has expired or is due
/// for renewal (``ListExpiry``). With `--expiry`, it lists all expiry dates and contacts no host.
///
/// It exits with 1 if a host has a problem (``FleetStatus/isHealthy``) or the CA has expired; with
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

      For monitoring, --format openmetrics prints metrics, --textfile writes them for node_exporter, and --format \
      nagios answers as a plugin, which exits with 0 (OK), 1 (WARNING), 2 (CRITICAL) or 3 (UNKNOWN). With metrics \
      the exit code is 0 if they could be made.

      EXAMPLES:
        deploy status --limit region=eu
        deploy status --expiry
        deploy status --format nagios --warn 21d --critical 7d
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @OptionGroup var hosts: HostOptions
  @Option(help: "Output format; openmetrics and nagios are for monitoring.")
  var format = StatusFormat.text
  @Flag(help: "List expiry dates from the state, without contacting hosts.") var expiry = false
  @OptionGroup var monitoring: MonitoringOptions

  func validate() throws { try monitoring.check(with: format) }

  func run() async throws {
    if format == .nagios { return try await PluginAnswer.given { try await pluginResult() } }
    try await reporting {
      if let path = monitoring.textfile {
        try MetricsFile.write(try await metrics(), to: path)
      } else if format == .openmetrics {
        Console.output(MetricText.openMetrics.text(of: try await metrics()))
      } else {
        try await show()
      }
    }
  }

  private func fleetRun() async throws -> FleetRun {
    try await FleetRun(
      options.location, hosts.scope(), options.interaction(format: format.ofResults),
      log: log.logger(options.verbosity))
  }

  /// Metrics say what is wrong, so that is not a failure of the command.
  private func metrics() async throws -> [MetricFamily] {
    let found = try await MonitorFleet(fleetRun()).findings(isOffline: expiry, now: .current)
    return FleetMetrics(
      found.state, found.status, found.expiries, runs: found.runs,
      version: Deploy.configuration.version
    ).families
  }

  private func pluginResult() async throws -> PluginResult {
    if let mistake = monitoring.mistake { return PluginResult(unknown: mistake) }
    let found = try await MonitorFleet(fleetRun()).findings(isOffline: expiry, now: .current)
    return PluginResult(found.status, found.expiries, runs: found.runs, monitoring.thresholds)
  }

  private func show() async throws {
    let run = try await fleetRun()
    let style = options.interaction(format: format.ofResults).style
    let ends = ExpiryView(try ListExpiry(run).expiries(now: .current))
    guard !expiry else {
      try ends.print(as: format.ofResults, style)
      guard !ends.hasEnded else { throw ExitCode(.failed) }
      return
    }
    let status = try await SurveyFleet(run).report().status(now: .current)
    try StatusView(status).print(as: format.ofResults, style)
    let urgent = ends.urgentLines(style)
    if format == .text, !urgent.isEmpty {
      Console.output(([""] + urgent).joined(separator: "\n"))
    }
    guard status.isHealthy else { throw ExitCode(.failed) }
  }
}
