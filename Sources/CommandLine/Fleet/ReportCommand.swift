import Application
import ArgumentParser

/// `deploy report`: writes one HTML page about the fleet (``ReportFleet``).
struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write one HTML page about the fleet.",
    usage: "deploy report [<options>] --out <file>",
    discussion: """
      The page shows the fleet as a picture, what is due, expiry dates, drift, the edges that were tried and the \
      last runs. It needs no network and no script. The hosts are surveyed for it; with --verify, every edge is \
      tried too, as by "deploy verify", for which the CA's key is unlocked. Exits with 0 if the page was written, \
      whatever it says.

      EXAMPLES:
        deploy report --out fleet.html
        deploy report --out fleet.html --verify
        deploy report --out fleet.html --offline
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @OptionGroup var hosts: HostOptions
  @Option(
    name: .customLong("out"),
    help: ArgumentHelp(
      "File to write. A new one can be read by its owner only.", valueName: "file"),
    completion: .file(extensions: ["html"]))
  var path: String
  @OptionGroup var trials: EdgeTrialOptions

  func run() async throws {
    try await reporting {
      let report = try await trials.report(options, log, hosts, options.interaction())
      try ReportFleet.write(report, to: path)
      Console.output("Wrote \(path).")
    }
  }
}
