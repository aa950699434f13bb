import Diagnostics
import Fleet
import Planning
import State

/// The output of `deploy status --expiry`: what expires in a fleet and when, as text or JSON.
struct ExpiryView {
  private struct Entry: Encodable {
    var kind: String
    var name: String
    var host: HostName?
    var notAfter: Timestamp
    var daysLeft: Int64
    var urgency: String
  }

  private struct Document: Encodable {
    let version = 2
    var fleet: String
    var expiries: [Entry]
  }

  private let fleet: String
  private let expiries: [Expiry]

  /// Takes what ``ListExpiry`` has found, earliest first.
  init(_ list: (fleet: String, expiries: [Expiry])) {
    (fleet, expiries) = list
  }

  /// Whether anything has expired.
  var hasEnded: Bool { expiries.contains { $0.urgency == .ended } }

  /// The lines of what has expired or is due for renewal; empty if there is none.
  func urgentLines(_ style: Style) -> [StyledText] {
    lines(expiries.filter { $0.urgency > .none }, style)
  }

  func print(as format: OutputFormat, _ style: Style) throws {
    switch format {
    case .text:
      Console.output(
        lines(expiries, style).joined(separator: "\n"))
    case .json:
      try JSONText.print(
        Document(
          fleet: fleet,
          expiries: expiries.map {
            Entry(
              kind: $0.kind.rawValue, name: $0.name, host: $0.host, notAfter: $0.notAfter,
              daysLeft: $0.daysLeft, urgency: $0.urgency.rawValue)
          }))
    }
  }

  /// A table with a line for each expiry date, coloured by urgency.
  private func lines(_ expiries: [Expiry], _ style: Style) -> [StyledText] {
    guard !expiries.isEmpty else { return [] }
    let rows = expiries.map {
      [
        $0.notAfter.date, "\($0.daysLeft)", $0.kind.rawValue, $0.host?.text ?? "-", $0.name,
        $0.urgency == .none ? "" : $0.urgency.rawValue,
      ]
    }
    var page = Page(style, width: Console.outputWidth)
    page.add(
      table: Table.lines([["EXPIRES", "DAYS LEFT", "WHAT", "HOST", "NAME", ""]] + rows),
      colors: expiries.map { expiry in
        switch expiry.urgency {
        case .none: nil
        case .due: .yellow
        case .ended: .red
        }
      }, notes: expiries.map { _ in [] })
    return page.lines
  }
}
