import Application
import ArgumentParser
import Reports

/// The options of what a report and a picture of the fleet are made from: `--verify` and `--offline`.
struct EdgeTrialOptions: ParsableArguments {
  @Flag(help: "Try every edge too.") var verify = false
  @Flag(name: .customLong("offline"), help: "Contact no host: show what the state says.")
  var isOffline = false

  func validate() throws {
    guard !verify || !isOffline else {
      throw ValidationError(
        "--verify cannot be combined with --offline: edges are tried from hosts.")
    }
  }

  /// Makes the report of a fleet, as the options say.
  func report(
    _ options: FleetOptions, _ log: LogOption, _ hosts: HostOptions,
    _ interaction: TerminalInteraction
  ) async throws -> FleetReport {
    let (run, access) = try await FleetRun.overSSH(
      options.location, hosts.scope(), interaction, log: log.logger(options.verbosity))
    return try await ReportFleet(run, access).report(
      isOffline: isOffline, verifies: verify, version: Deploy.configuration.version, now: .current)
  }
}
