import Application
import ArgumentParser
import Reports

/// `deploy graph`: draws the fleet as `deploy report` does, for other documents (``ReportFleet``).
struct GraphCommand: AsyncParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case svg, dot, mermaid

    func text(of picture: FleetPicture) -> String {
      switch self {
      case .svg: PictureSVG(picture).document
      case .dot: PictureDOT(picture).text
      case .mermaid: PictureMermaid(picture).text
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "graph", abstract: "Draw the fleet from visitors to back-ends.",
    usage: "deploy graph [<options>]",
    discussion: """
      Draws the picture of "deploy report": as SVG, for Graphviz (dot), or as a Mermaid flowchart, which GitHub and \
      GitLab show in Markdown. Large groups of hosts are counted, and those with trouble are named.

      EXAMPLES:
        deploy graph --offline --format mermaid
        deploy graph --format svg --out fleet.svg
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var log: LogOption
  @OptionGroup var hosts: HostOptions
  @Option(help: "Output format.") var format = Format.svg
  @Option(
    name: .customLong("out"),
    help: ArgumentHelp(
      "File to write. Default: standard output. A new one can be read by its owner only.",
      valueName: "file"), completion: .file())
  var path: String?
  @OptionGroup var trials: EdgeTrialOptions

  func run() async throws {
    try await reporting {
      let report = try await trials.report(options, log, hosts, options.interaction(format: .json))
      let text = format.text(of: report.picture)
      guard let path else { return Console.output(text) }
      try ReportFleet.write(text, to: path)
      Console.output("Wrote \(path).")
    }
  }
}
