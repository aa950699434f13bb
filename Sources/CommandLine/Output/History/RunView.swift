import Application
import Diagnostics
import Execution
import Fleet
import State

/// One run of a fleet as text or JSON: who, what, the result of each host, and what was planned.
struct RunView {
  /// The JSON of a run, which docs/json.md describes.
  private struct Document: Encodable {
    let version = 1
    var fleet: String
    var run: RunDocument
  }

  private let fleet: String
  private let run: RunRecord
  private let standing: RunStanding

  /// - Parameter runs: the run alone.
  init(_ runs: ShowHistory.Runs) {
    fleet = runs.fleet
    (run, standing) = runs.list[0]
  }

  func print(as format: OutputFormat, _ style: Style) throws {
    switch format {
    case .text: Console.output(text(style, width: Console.outputWidth))
    case .json:
      try JSONText.print(
        Document(fleet: fleet, run: RunDocument(run, standing, isWhole: true)))
    }
  }

  /// - Parameter width: columns at which prose is wrapped; nil if it is not.
  func text(_ style: Style, width: Int?) -> StyledText {
    var page = Page(style, width: width)
    page.add("Run \(run.id)", .bold)
    for line in Table.lines(facts) { page.add(line, indent: 2) }
    if let end = run.end {
      addResults(end, to: &page)
    } else {
      page.addEmptyLine()
      page.add(noEnd, hanging: 0, .red)
    }
    addPlan(to: &page)
    return page.text
  }

  private var facts: [[String]] {
    var facts = [
      ["command", "deploy \(run.commandText)"],
      ["by", "\(run.start.who), with deploy \(run.start.version)"],
      ["began", "\(run.start.startedAt)"],
    ]
    if let end = run.end {
      facts += [["ended", "\(end.endedAt)"], ["exit", "\(end.exit)"]]
    }
    if let plan = run.plan { facts.append(["plan", "SHA-256 \(plan.digest)"]) }
    return facts
  }

  private var noEnd: String {
    switch standing {
    case .running: "The run has not ended: process \(run.start.process.id) is still running."
    case .killed:
      "The run has no end, and its process is gone: it was killed, or its machine failed. \"deploy status\" shows"
        + " what hosts have."
    case .ended, .notEnded:
      "The run has no end. It may still run on \(run.start.machine), or it was killed. \"deploy status\" shows"
        + " what hosts have."
    }
  }

  private func addResults(_ end: RunEnd, to page: inout Page) {
    page.addEmptyLine()
    page.add("Results", .bold)
    let rows = Table.lines(end.results.map { [$0.host.text, $0.result, $0.detail] })
    for (result, row) in zip(end.results, rows) {
      page.add(row, indent: 2, HostResult.isSuccess(named: result.result) ? .green : .red)
    }
    for certificate in end.certificates {
      page.add(
        "certificate of \(certificate.site): \(certificate.detail)", indent: 2,
        certificate.isSuccess ? .green : .red)
    }
    if let failure = end.failure { page.add("The run stopped: \(failure)", indent: 2, .red) }
    for warning in end.warnings { page.add("warning: \(warning)", indent: 2, .yellow) }
    page.add(run.countsText.isEmpty ? "no host" : run.countsText, indent: 2)
  }

  private func addPlan(to page: inout Page) {
    guard let plan = run.plan else { return }
    page.addEmptyLine()
    page.add("Planned", .bold)
    for line in plan.lines {
      page.addUnwrapped(line.isEmpty ? "" : StyledText("  " + line))
    }
  }
}
