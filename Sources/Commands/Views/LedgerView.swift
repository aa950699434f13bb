import Diagnostics
import Execution
import Fleet
import SSH

/// What became of every host, as a person or a program reads it.
struct LedgerView {
  /// What the run took on the wire.
  private struct Traffic: Encodable {
    var connections: Int
    var executions: Int
    var bytesSent: Int
    var bytesReceived: Int
  }

  private struct Document: Encodable {
    struct Entry: Encodable {
      var host: String
      var verdict: String
      var detail: String
    }

    let version = 1
    var isSuccess: Bool
    var stopped: String?
    var hosts: [Entry]
    var ssh: Traffic
  }

  private let ledger: Ledger

  init(_ ledger: Ledger) { self.ledger = ledger }

  func print(as format: OutputFormat, isColored: Bool, counts: Counts) throws {
    switch format {
    case .text: Console.output(text(Style(isColored: isColored)))
    case .json:
      try JSONText.print(
        Document(
          isSuccess: ledger.isSuccess, stopped: ledger.stopped,
          hosts: entries.map {
            .init(host: $0.key, verdict: $0.value.name, detail: $0.value.detail)
          },
          ssh: Traffic(
            connections: counts.connections, executions: counts.executions,
            bytesSent: Int(counts.bytesSent), bytesReceived: Int(counts.bytesReceived))))
    }
  }

  private var entries: [(key: String, value: Verdict)] {
    ledger.verdicts.sorted { $0.key < $1.key }
  }

  private func text(_ style: Style) -> StyledText {
    let rows = Table.lines(
      entries.map { host, verdict in
        let detail = verdict.detail.split(separator: "\n").joined(separator: "\n    ")
        return [host, verdict.name, detail]
      })
    let lines = zip(entries, rows).map { entry, row in
      style(row, entry.value.isSuccess ? .green : .red)
    }
    let stopped = ledger.stopped.map { [style("The run stopped: \($0).", .red)] } ?? []
    return (["", style("Ledger", .bold)] + lines + stopped).joined(separator: "\n")
  }
}
