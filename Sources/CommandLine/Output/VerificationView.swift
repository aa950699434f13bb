import Diagnostics
import Fleet
import State
import Verification

/// The matrix of a fleet's edges, as a person or a program reads it.
struct VerificationView {
  private struct Document: Encodable {
    let version = 1
    var fleet: String
    var isSound: Bool
    var edges: [EdgeFinding]
    var strangers: [ForbiddenConnectionFinding]
    var entrances: [PublicEndpointFinding]
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
    case .text: Console.output(text(style))
    case .json:
      try JSONText.print(
        Document(
          fleet: fleet, isSound: isSound, edges: findings.edges,
          strangers: findings.forbiddenConnections,
          entrances: findings.publicEndpoints))
    }
  }

  private typealias Row = (cells: [String], problems: [String], remarks: [String])

  private func text(_ style: Style) -> StyledText {
    let edges = findings.edges.map { edge -> Row in
      (
        [
          edge.site.text, edge.frontEnd.text, "\(edge.backEnd):\(edge.port)",
          edge.ownCertificate ?? "-",
          edge.withoutCertificate ?? "-", edge.foreignCertificate ?? "-", edge.tlsVersion ?? "-",
          edge.served?.notAfter.date ?? "-",
        ], edge.problems, []
      )
    }
    let strangers = findings.forbiddenConnections.map { stranger -> Row in
      (
        [
          "no site", stranger.host.text, "\(stranger.backEnd):\(stranger.port)",
          stranger.problem == nil ? "no connection" : "-",
        ], stranger.problem.map { [$0] } ?? [], []
      )
    }
    let entrances = findings.publicEndpoints.map { entrance -> Row in
      (
        [
          entrance.site.text, "visitor", "\(entrance.frontEnd):443", entrance.answer ?? "-", "", "",
          "",
          entrance.served?.notAfter.date ?? "-",
        ], entrance.problems, entrance.remarks
      )
    }
    let rows = edges + entrances + strangers
    let head = ["SITE", "FROM", "TO", "OWN", "NONE", "FOREIGN", "TLS", "VALID UNTIL"]
    let lines = Table.lines([head] + rows.map { shortened($0.cells) })
    let body = zip(lines.dropFirst(), rows).flatMap { line, row in
      [style(line, row.problems.isEmpty ? nil : .red)]
        + row.problems.map { style("    \($0)", .red) }
        + row.remarks.map { style("    \($0)", .yellow) }
    }
    let sound = rows.count { $0.problems.isEmpty }
    return
      ([style(lines[0], .bold)] + body + ["", "\(sound) of \(rows.count) are as they should be."])
      .joined(separator: "\n")
  }

  /// An answer that is no status is told in full below.
  private func shortened(_ row: [String]) -> [String] {
    row.map { $0.count > 40 ? "failed" : $0 }
  }
}
