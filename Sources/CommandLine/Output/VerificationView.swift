import Diagnostics
import Fleet
import State
import Verification

/// What `deploy verify` found, as text or JSON: a row for each check.
struct VerificationView {
  private struct Document: Encodable {
    let version = 2
    var fleet: String
    var isSound: Bool
    var edges: [EdgeFinding]
    var forbiddenConnections: [ForbiddenConnectionFinding]
    var publicEndpoints: [PublicEndpointFinding]
  }

  private let fleet: String
  private let findings: FleetFindings

  var isSound: Bool { findings.isSound }

  init(fleet: String, _ findings: FleetFindings) {
    self.fleet = fleet
    self.findings = findings
  }

  func print(as format: OutputFormat, _ style: Style) throws {
    switch format {
    case .text: Console.output(text(style, width: Console.outputWidth))
    case .json:
      try JSONText.print(
        Document(
          fleet: fleet, isSound: isSound, edges: findings.edges,
          forbiddenConnections: findings.forbiddenConnections,
          publicEndpoints: findings.publicEndpoints))
    }
  }

  private typealias Row = (cells: [String], problems: [String], remarks: [String])

  /// - Parameter width: columns at which lines are wrapped; nil if they are not.
  private func text(_ style: Style, width: Int?) -> StyledText {
    let rows =
      findings.edges.map(row) + findings.publicEndpoints.map(row)
      + findings.forbiddenConnections.map(row)
    let head = ["SITE", "FROM", "TO", "OWN", "NONE", "FOREIGN", "TLS", "VALID UNTIL"]
    var page = Page(style, width: width)
    page.add(
      table: Table.lines([head] + rows.map { shortened($0.cells) }),
      colors: rows.map { $0.problems.isEmpty ? nil : .red },
      notes: rows.map { row in
        row.problems.map { ($0, .red) } + row.remarks.map { ($0, .yellow) }
      })
    page.addEmptyLine()
    let passed = rows.count { $0.problems.isEmpty }
    page.add("\(passed) of \(rows.count) checks passed.", passed == rows.count ? .green : .red)
    return page.text
  }

  private func row(_ edge: EdgeFinding) -> Row {
    (
      [
        edge.site.text, edge.frontEnd.text, "\(edge.backEnd):\(edge.port)",
        edge.ownCertificate ?? "-",
        edge.withoutCertificate ?? "-", edge.foreignCertificate ?? "-", edge.tlsVersion ?? "-",
        edge.served?.notAfter.date ?? "-",
      ], edge.problems, []
    )
  }

  private func row(_ connection: ForbiddenConnectionFinding) -> Row {
    (
      [
        "no site", connection.host.text, "\(connection.backEnd):\(connection.port)",
        connection.problem == nil ? "no connection" : "-",
      ], connection.problem.map { [$0] } ?? [], []
    )
  }

  private func row(_ endpoint: PublicEndpointFinding) -> Row {
    (
      [
        endpoint.site.text, "visitor", "\(endpoint.frontEnd):443", endpoint.answer ?? "-", "", "",
        "",
        endpoint.served?.notAfter.date ?? "-",
      ], endpoint.problems, endpoint.remarks
    )
  }

  /// The cells of a row, with "failed" for an answer that its problems quote in full.
  private func shortened(_ row: [String]) -> [String] {
    row.map { $0.count > 40 ? "failed" : $0 }
  }
}
