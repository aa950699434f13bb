import ArgumentParser
import Diagnostics
import Planning

/// `deploy status`
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows each host's release, what it really serves, drift and expiry.",
    discussion: """
      Exits with 1 where a host is unreachable, has drifted or has an expired certificate. With \
      --expiry no host is asked: what the state has of authorities, certificates, certificates of sites \
      and revocation lists is listed with the days left, and 1 is for what has ended.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @Option(help: "How the status is shown.") var format = OutputFormat.text
  @Flag(help: "Everything that ends, with the days left, from the state alone.") var expiry = false

  func run() async throws {
    try await reporting {
      let session = try Session(options, hosts)
      let state = try session.readState()
      let color = options.usesColor(onTerminal: Console.outputIsTerminal)
      let ends = try ExpiryView(session, state, now: .current)
      guard !expiry else {
        try ends.print(as: format, isColored: color)
        guard !ends.hasEnded else { throw Failure(.failed) }
        return
      }
      let judged = try await session.withFleet(state) {
        try await session.judgedSurvey($0, state)
      }
      let view = StatusView(
        state: state, judged: judged, hosts: session.hosts(state), now: .current)
      try view.print(as: format)
      let urgent = ends.urgentLines(Style(isColored: color))
      if format == .text, !urgent.isEmpty {
        Console.output(([""] + urgent).joined(separator: "\n"))
      }
      guard view.isHealthy else { throw Failure(.failed) }
    }
  }
}
