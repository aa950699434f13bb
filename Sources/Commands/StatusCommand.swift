import ArgumentParser
import Planning

/// `deploy status`
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows each host's release, what it really serves, drift and expiry.",
    discussion:
      "Exits with 1 where a host is unreachable, has drifted or has an expired certificate.")

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @Option(help: "How the status is shown.") var format = OutputFormat.text

  func run() async throws {
    try await reporting {
      let session = try Session(options, hosts)
      let state = try session.readState()
      let survey = try await session.withFleet { try await session.survey($0, state) }
      let view = StatusView(
        state: state, survey: survey, hosts: session.hosts(state), now: .current)
      try view.print(as: format)
      guard view.isHealthy else { throw Failure(.failed) }
    }
  }
}
