import Diagnostics
import Fleet
import State
import Verification

/// What `deploy verify` found, as text or JSON. The text has a line for each site and one for each problem, or one
/// for each check.
struct VerificationView {
  private struct Document: Encodable {
    let version = 2
    var fleet: String
    var isSound: Bool
    var coverage: CheckCoverage
    var edges: [EdgeFinding]
    var forbiddenConnections: [ForbiddenConnectionFinding]
    var publicEndpoints: [PublicEndpointFinding]
  }

  private let fleet: String
  private let findings: FleetFindings
  private let showsAll: Bool

  /// Whether all checks passed.
  var isSound: Bool { findings.isSound }

  /// - Parameter showsAll: whether checks that passed have a line each.
  init(fleet: String, _ findings: FleetFindings, showsAll: Bool) {
    self.fleet = fleet
    self.findings = findings
    self.showsAll = showsAll
  }

  func print(as format: OutputFormat, _ style: Style) throws {
    switch format {
    case .text: Console.output(text(style, width: Console.outputWidth))
    case .json:
      try JSONText.print(
        Document(
          fleet: fleet, isSound: isSound, coverage: findings.coverage, edges: findings.edges,
          forbiddenConnections: findings.forbiddenConnections,
          publicEndpoints: findings.publicEndpoints))
    }
  }

  /// - Parameter width: columns at which lines are wrapped; nil if they are not.
  func text(_ style: Style, width: Int?) -> StyledText {
    let rows =
      CheckRow.rows(of: findings.edges) + CheckRow.rows(of: findings.publicEndpoints)
      + findings.forbiddenConnections.map { CheckRow($0) }
    var page = Page(style, width: width)
    if showsAll {
      add(rows, to: &page)
    } else {
      addSites(to: &page)
      add(rows.filter { $0.isTried && !($0.problems.isEmpty && $0.remarks.isEmpty) }, to: &page)
      addUnreachable(rows.filter { !$0.isTried }, to: &page)
    }
    addTotals(rows, to: &page)
    return page.text
  }

  private func add(_ rows: [CheckRow], to page: inout Page) {
    guard !rows.isEmpty else { return }
    let head = ["SITE", "FROM", "TO", "OWN", "NONE", "FOREIGN", "TLS", "EXPIRES"]
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
  }

  private func addSites(to page: inout Page) {
    let lines = SiteCounts.all(of: findings)
    page.add(
      table: Table.lines([["SITE", "EDGES", "VISITORS", "EXPIRES"]] + lines.map(\.cells)),
      colors: lines.map { $0.isSound ? nil : .red }, notes: lines.map { _ in [] })
    page.addEmptyLine()
  }

  /// Each reason why a host could not be reached is said once, and not with each of its checks.
  private func addUnreachable(_ rows: [CheckRow], to page: inout Page) {
    guard !rows.isEmpty else { return }
    var counts: [String: Int] = [:]
    var reasons: [String] = []
    for row in rows {
      let reason = row.problems.joined(separator: "; ")
      if counts[reason] == nil { reasons.append(reason) }
      counts[reason, default: 0] += 1
    }
    for reason in reasons {
      page.add("\(counts[reason, default: 0].counting("check")) not tried: \(reason)", .red)
    }
    page.addEmptyLine()
  }

  private func addTotals(_ rows: [CheckRow], to page: inout Page) {
    let passed = rows.count { $0.isTried && $0.problems.isEmpty }
    let untried = rows.count { !$0.isTried }
    page.add(
      "\(passed) of \(rows.count) checks passed"
        + (untried == 0 ? "." : ", \(untried.counting("check")) not tried."),
      passed == rows.count ? .green : .red)
    let coverage = findings.coverage
    if coverage.isSample {
      page.add(
        "These checks are a sample: \(findings.edges.count) of \(coverage.edges.all) edges, and"
          + " \(findings.publicEndpoints.count) of \(coverage.publicEndpoints.all) sites on front-ends. It has"
          + " every host and every site; the others were not tried. Try all with --all.",
        hanging: 0,
        .yellow)
    }
    if findings.forbiddenConnections.count < coverage.forbiddenConnections.all {
      page.add(
        "\(findings.forbiddenConnections.count) of \(coverage.forbiddenConnections.all) connections that"
          + " firewalls must refuse were chosen: to each port from some hosts.", hanging: 0, .dim)
    }
  }
}

/// The line of one check.
private struct CheckRow {
  var cells: [String]
  var isTried: Bool
  var problems: [String]
  var remarks: [String] = []

  /// Edges that are alike but for the address, such as those of a back-end with both families, have the address too.
  static func rows(of edges: [EdgeFinding]) -> [CheckRow] {
    rows(edges.map { (CheckRow($0), $0.address) })
  }

  /// The same for sites on front-ends.
  static func rows(of endpoints: [PublicEndpointFinding]) -> [CheckRow] {
    rows(endpoints.map { (CheckRow($0), $0.address) })
  }

  private static func rows(_ rows: [(row: CheckRow, address: IPAddress)]) -> [CheckRow] {
    let counts = Dictionary(rows.map { ($0.row.ends, 1) }, uniquingKeysWith: +)
    return rows.map { row, address in
      guard counts[row.ends, default: 0] > 1 else { return row }
      var row = row
      row.cells[2] += " (\(address))"
      return row
    }
  }

  /// The site, and the two ends of the connection.
  private var ends: [String] { Array(cells.prefix(3)) }

  private init(_ edge: EdgeFinding) {
    cells = [
      edge.site.text, edge.frontEnd.text, "\(edge.backEnd):\(edge.port)",
      Self.cell(edge.ownCertificate), Self.cell(edge.withoutCertificate, "refused"),
      Self.cell(edge.foreignCertificate, "refused"), edge.tlsVersion ?? "-",
      edge.served?.notAfter.date ?? "-",
    ]
    (isTried, problems) = (edge.isTried, edge.problems)
  }

  init(_ connection: ForbiddenConnectionFinding) {
    cells = [
      "no site", connection.host.text, "\(connection.backEnd):\(connection.port)",
      connection.problem == nil ? "blocked" : "-",
    ]
    (isTried, problems) = (connection.isTried, connection.problem.map { [$0] } ?? [])
  }

  private init(_ endpoint: PublicEndpointFinding) {
    cells = [
      endpoint.site.text, "visitor", "\(endpoint.frontEnd):443", Self.cell(endpoint.answer), "", "",
      "", endpoint.served?.notAfter.date ?? "-",
    ]
    (isTried, problems) = (endpoint.isTried, endpoint.problems)
    remarks = endpoint.remarks
  }

  /// An answer as a cell, with one word for an answer that is too long: the problems quote it if it
  /// is wrong.
  ///
  /// - Parameter word: "refused" where a refusal is right.
  private static func cell(_ answer: String?, _ word: String = "failed") -> String {
    guard let answer else { return "-" }
    return answer.count > 40 ? word : answer
  }
}
