import Application
import ArgumentParser
import Diagnostics
import State

/// `deploy status`
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows each host's release, what it really serves, drift and expiry.",
    discussion: """
      Exits with 1 where a host is unreachable, has drifted or has an expired certificate. With \
      --expiry no host is asked: what the state has of CAs, certificates, certificates of sites \
      and revocation lists is listed with the days left, and 1 is for what has ended.
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var hosts: HostOptions
  @Option(help: "How the status is shown.") var format = OutputFormat.text
  @Flag(help: "Everything that ends, with the days left, from the state alone.") var expiry = false

  func run() async throws {
    try await reporting {
      let interaction = options.interaction(format: format)
      let run = try FleetRun(options.location, hosts.scope(), interaction)
      let ends = ExpiryView(try ListExpiry(run).expiries(now: .current))
      guard !expiry else {
        try ends.print(as: format, interaction.style)
        guard !ends.hasEnded else { throw ExitCode(.failed) }
        return
      }
      let view = StatusView(try await SurveyFleet(run).report(), now: .current)
      try view.print(as: format)
      let urgent = ends.urgentLines(interaction.style)
      if format == .text, !urgent.isEmpty {
        Console.output(([""] + urgent).joined(separator: "\n"))
      }
      guard view.isHealthy else { throw ExitCode(.failed) }
    }
  }
}
