import Application
import Diagnostics
import Execution
import Fleet

/// The summary of a run, which has the result of each host, as text or JSON. Every command that
/// changes hosts ends with it.
struct SummaryView {
  /// The SSH connections and bytes that the run needed.
  private struct Wire: Encodable {
    var connections: Int
    var executions: Int
    var bytesSent: Int
    var bytesReceived: Int
  }

  /// The JSON of a summary, which docs/json.md describes.
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
    case .text: Console.output(text(style, width: Console.outputWidth))
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

  /// The results, sorted by host.
  private var entries: [(key: HostName, value: HostResult)] {
    summary.results.sorted { $0.key < $1.key }
  }

  /// - Parameter width: columns at which lines are wrapped; nil if they are not.
  func text(_ style: Style, width: Int?) -> StyledText {
    var page = Page(style, width: width)
    page.addEmptyLine()
    page.add("Summary", .bold)
    let rows = Table.lines(entries.map { [$0.key.text, $0.value.name, $0.value.detail] })
    for (entry, row) in zip(entries, rows) {
      page.add(row, entry.value.isSuccess ? .green : .red)
    }
    if let stopped = summary.stopped { page.add("The run stopped: \(stopped).", .red) }
    return page.text
  }
}
