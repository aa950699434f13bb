import Application
import Diagnostics
import State

/// The runs of a fleet as text or JSON, newest first.
struct HistoryView {
  /// The JSON of the list, which docs/json.md describes.
  private struct Document: Encodable {
    let version = 1
    var fleet: String
    var runs: [RunDocument]
  }

  private let runs: ShowHistory.Runs

  init(_ runs: ShowHistory.Runs) { self.runs = runs }

  func print(as format: OutputFormat, _ style: Style) throws {
    switch format {
    case .text: Console.output(text(style, width: Console.outputWidth))
    case .json:
      try JSONText.print(
        Document(
          fleet: runs.fleet,
          runs: runs.list.map { RunDocument($0.record, $0.standing, isWhole: false) }))
    }
  }

  /// - Parameter width: columns at which lines are wrapped; nil if they are not.
  func text(_ style: Style, width: Int?) -> StyledText {
    var page = Page(style, width: width)
    guard !runs.list.isEmpty else {
      page.add(
        "No run is recorded in \(runs.name). \"deploy history --from-hosts\" lists the releases that hosts"
          + " have, with who made them.", hanging: 0)
      return page.text
    }
    let rows = runs.list.map { run, standing in
      [
        run.id.text, run.start.startedAt.minute, run.start.who, run.end.map { "\($0.exit)" } ?? "-",
        run.end == nil ? standing.text : run.countsText.isEmpty ? "-" : run.countsText,
        run.commandText.shortened(to: 60),
      ]
    }
    page.add(
      table: Table.lines([["RUN", "BEGAN (UTC)", "WHO", "EXIT", "RESULTS", "COMMAND"]] + rows),
      colors: runs.list.map { $0.record.end?.exit == 0 ? nil : .red },
      notes: rows.map { _ in [] })
    return page.text
  }
}

extension RunStanding {
  /// For readers.
  var text: String {
    switch self {
    case .ended: "ended"
    case .running: "still running"
    case .killed: "not ended, process gone"
    case .notEnded: "not ended"
    }
  }
}

extension String {
  /// The beginning of a text for a cell of a table.
  func shortened(to length: Int) -> String {
    count > length ? String(prefix(length - 1)) + "…" : self
  }
}
