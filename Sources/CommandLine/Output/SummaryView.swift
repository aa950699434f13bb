import Application
import Diagnostics
import Execution
import Fleet

/// The results of all hosts, as text or JSON.
struct SummaryView {
  /// What the run took on the wire.
  private struct Wire: Encodable {
    var connections: Int
    var executions: Int
    var bytesSent: Int
    var bytesReceived: Int
  }

  private struct Document: Encodable {
    struct Entry: Encodable {
      var host: HostName
      var result: String
      var detail: String
    }

    let version = 2
    var isSuccess: Bool
    var stopped: String?
    var hosts: [Entry]
    var ssh: Wire
  }

  private let summary: Summary
  private let traffic: SSHTraffic

  init(_ summary: Summary, _ traffic: SSHTraffic) {
    self.summary = summary
    self.traffic = traffic
  }

  func print(as format: OutputFormat, _ style: Style) throws {
    switch format {
    case .text: Console.output(text(style))
    case .json:
      try JSONText.print(
        Document(
          isSuccess: summary.isSuccess, stopped: summary.stopped,
          hosts: entries.map {
            .init(host: $0.key, result: $0.value.name, detail: $0.value.detail)
          },
          ssh: Wire(
            connections: traffic.connections, executions: traffic.executions,
            bytesSent: traffic.bytesSent, bytesReceived: traffic.bytesReceived)))
    }
  }

  private var entries: [(key: HostName, value: HostResult)] {
    summary.results.sorted { $0.key < $1.key }
  }

  private func text(_ style: Style) -> StyledText {
    let rows = Table.lines(
      entries.map { host, result in
        let detail = result.detail.split(separator: "\n").joined(separator: "\n    ")
        return [host.text, result.name, detail]
      })
    let lines = zip(entries, rows).map { entry, row in
      style(row, entry.value.isSuccess ? .green : .red)
    }
    let stopped = summary.stopped.map { [style("The run stopped: \($0).", .red)] } ?? []
    return (["", style("Summary", .bold)] + lines + stopped).joined(separator: "\n")
  }
}
