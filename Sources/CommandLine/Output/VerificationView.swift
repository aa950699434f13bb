import Diagnostics
import Fleet
import State
import Verification

/// The output of `deploy verify`: a row for each edge, site and forbidden connection that was
/// tested, as text or JSON.
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

  /// Whether all checks passed.
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
    let head = ["SITE", "FROM", "TO", "OWN", "NONE", "FOREIGN", "TLS", "EXPIRES"]
    var page = Page(style, width: width)
    page.add(
      table: Table.lines([head] + rows.map(\.cells)),
      colors: rows.map { $0.problems.isEmpty ? nil : .red },
      notes: rows.map { row in
        row.problems.map { ($0, .red) } + row.remarks.map { ($0, .yellow) }
      })
    page.addEmptyLine()
    page.add(
      "OWN, NONE, FOREIGN: the answer to a client with the front-end's certificate, none, or one of another"
        + " CA", hanging: 0, .dim)
    let passed = rows.count { $0.problems.isEmpty }
    page.add("\(passed) of \(rows.count) checks passed.", passed == rows.count ? .green : .red)
    return page.text
  }

  /// A row with what the back-end answered to a client with the front-end's certificate, with none,
  /// and with one of another CA.
  private func row(_ edge: EdgeFinding) -> Row {
    (
      [
        edge.site.text, edge.frontEnd.text, "\(edge.backEnd):\(edge.port)",
        cell(edge.ownCertificate), cell(edge.withoutCertificate, "refused"),
        cell(edge.foreignCertificate, "refused"), edge.tlsVersion ?? "-",
        edge.served?.notAfter.date ?? "-",
      ], edge.problems, []
    )
  }

  /// A row for a connection that the back-end's firewall must block.
  private func row(_ connection: ForbiddenConnectionFinding) -> Row {
    (
      [
        "no site", connection.host.text, "\(connection.backEnd):\(connection.port)",
        connection.problem == nil ? "blocked" : "-",
      ], connection.problem.map { [$0] } ?? [], []
    )
  }

  /// A row for a site that was requested as a visitor does.
  private func row(_ endpoint: PublicEndpointFinding) -> Row {
    (
      [
        endpoint.site.text, "visitor", "\(endpoint.frontEnd):443", cell(endpoint.answer), "", "",
        "",
        endpoint.served?.notAfter.date ?? "-",
      ], endpoint.problems, endpoint.remarks
    )
  }

  /// An answer as a cell, with one word for an answer that is too long: the problems quote it if it
  /// is wrong.
  ///
  /// - Parameter word: "refused" where a refusal is right.
  private func cell(_ answer: String?, _ word: String = "failed") -> String {
    guard let answer else { return "-" }
    return answer.count > 40 ? word : answer
  }
}
