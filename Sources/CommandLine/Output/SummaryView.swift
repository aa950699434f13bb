import Application
import Diagnostics
import Execution
import Fleet

/// The summary of a run, which has the result of each host, as text or JSON. The text counts the results, and lists
/// the hosts that did not succeed.
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

    /// The result of a certificate that was to be ordered.
    struct Certificate: Encodable {
      var site: DomainName
      var isSuccess: Bool
      var detail: String
    }

    let version = 2
    var isSuccess: Bool
    var stopped: String?
    var hosts: [Entry]
    var certificates: [Certificate]
    /// What went wrong without changing the results.
    var warnings: [String]
    var ssh: Wire
  }

  private let summary: Summary
  private let traffic: SSHTraffic
  /// Hosts for which the plan has said why they are held: the reason is not repeated.
  private let explained: Set<HostName>
  private let time: Duration?
  private let showsEach: Bool

  /// - Parameters:
  ///   - explained: the hosts that the plan, which the user has seen, holds.
  ///   - time: how long the run took; nil if that is not known.
  ///   - showsEach: whether hosts that succeeded are listed too.
  init(
    _ summary: Summary, _ traffic: SSHTraffic, explained: Set<HostName> = [],
    time: Duration? = nil, showsEach: Bool = false
  ) {
    self.summary = summary
    self.traffic = traffic
    self.explained = explained
    self.time = time
    self.showsEach = showsEach
  }

  func print(as format: OutputFormat, _ style: Style) throws {
    switch format {
    case .text: Console.output(text(style, width: Console.outputWidth))
    case .json: Console.output(try json())
    }
  }

  func json() throws -> String {
    try JSONText.text(
      Document(
        isSuccess: summary.isSuccess, stopped: summary.stopped,
        hosts: entries.map {
          .init(host: $0.key, result: $0.value.name, detail: $0.value.detail)
        },
        certificates: orders.map {
          .init(site: $0.key, isSuccess: $0.value.isSuccess, detail: $0.value.detail)
        },
        warnings: summary.warnings,
        ssh: Wire(
          connections: traffic.connections, executions: traffic.executions,
          bytesSent: traffic.bytesSent, bytesReceived: traffic.bytesReceived)))
  }

  /// The results, sorted by host.
  private var entries: [(key: HostName, value: HostResult)] {
    summary.results.sorted { $0.key < $1.key }
  }

  /// The results of orders, sorted by site.
  private var orders: [(key: DomainName, value: OrderResult)] {
    summary.orders.sorted { $0.key < $1.key }
  }

  /// - Parameter width: columns at which lines are wrapped; nil if they are not.
  func text(_ style: Style, width: Int?) -> StyledText {
    var page = Page(style, width: width)
    page.addEmptyLine()
    let listed = showsEach ? entries : entries.filter { !$0.value.isSuccess }
    let rows = Table.lines(
      listed.map { host, result in
        [host.text, result.name, explained.contains(host) ? "see the plan" : result.detail]
      })
    for (entry, row) in zip(listed, rows) {
      page.add(row, entry.value.isSuccess ? .green : .red)
    }
    for (site, result) in orders {
      page.add(
        "certificate of \(site): \(result.detail)", result.isSuccess ? .green : .red)
    }
    for warning in summary.warnings { page.add("warning: \(warning)", .yellow) }
    if let stopped = summary.stopped { page.add("The run stopped: \(stopped).", .red) }
    page.add(counts, hanging: 0, summary.isSuccess ? .green : .red)
    return page.text
  }

  /// The last line: `196 confirmed, 3 unchanged, 1 unreachable in 21 s`.
  private var counts: String {
    let numbers = Dictionary(grouping: summary.results.values, by: \.name).mapValues(\.count)
    let parts = HostResult.names.compactMap { name in numbers[name].map { "\($0) \(name)" } }
    let time = time.flatMap { $0 < .seconds(1) ? nil : " in \($0.text)" } ?? ""
    return (parts.isEmpty ? "no host" : parts.joined(separator: ", ")) + time
  }
}
