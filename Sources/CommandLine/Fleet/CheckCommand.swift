import Application
import ArgumentParser
import Inventories
import Playbooks

/// `deploy check`: validates the inventory, the playbook and the files that they name, without
/// contacting hosts (``CheckFleet``). It exits with 65 if there is a mistake.
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check the inventory, the playbook and the files that they name.",
    usage: "deploy check [<options>]",
    discussion: """
      Reports every mistake in the YAML; if there is none, every mistake in the files that it names. It contacts \
      no host. If certificates are ordered from Let's Encrypt, it asks the DNS for CAA records that forbid it, for \
      five seconds at most.

      EXAMPLES:
        deploy check
        deploy check --offline --format json
        deploy check -i Inventories/shop.yml --playbook Playbooks/canary.yml
      """)

  @OptionGroup var options: FleetOptions
  @OptionGroup var playbook: PlaybookOption

  @Flag(help: "Do not ask the DNS for CAA records.")
  var offline = false
  @Option(help: "Output format.") var format = OutputFormat.text

  func run() async throws {
    try await reporting {
      let interaction = options.interaction(format: format)
      let report: CheckFleet.Report
      do {
        report = try await CheckFleet.report(
          options.location, playbook: playbook.playbook, interaction, isOffline: offline)
      } catch {
        // The document judges the files; another failure, such as an ambiguous command line, does not.
        let failure = Failure(error)
        if format == .json, failure.kind == .invalidInput {
          try JSONText.print(CheckDocument(failure, interaction.shown.diagnostics))
        }
        throw error
      }
      for warning in report.warnings { interaction.inform("warning: \(warning)") }
      if let note = report.note { interaction.inform("note: \(note)") }
      guard format == .text else {
        return try JSONText.print(CheckDocument(report, interaction.shown.diagnostics))
      }
      let found =
        report.warnings.isEmpty
        ? "no mistakes" : "no errors, \(report.warnings.count.counting("warning"))"
      let inventory = report.inventory
      Console.output(
        "\(report.path): fleet \(inventory.fleet), \(inventory.hosts.count.counting("host")),"
          + " \(inventory.sites.count.counting("site")); playbook \(report.playbook.name): \(found)"
      )
    }
  }
}
