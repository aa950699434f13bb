import State

/// What came of all that was tried, in the order of the inventory.
struct FleetFindings: Encodable {
  var edges: [EdgeFinding] = []
  var strangers: [StrangerFinding] = []
  var entrances: [EntranceFinding] = []

  var isSound: Bool {
    edges.allSatisfy(\.problems.isEmpty) && entrances.allSatisfy(\.problems.isEmpty)
      && strangers.allSatisfy { $0.problem == nil }
  }
}

/// The matrix of a fleet's edges, as a person or a program reads it.
struct VerificationView {
  private struct Document: Encodable {
    let version = 1
    var fleet: String
    var isSound: Bool
    var edges: [EdgeFinding]
    var strangers: [StrangerFinding]
    var entrances: [EntranceFinding]
  }

  private let fleet: String
  private let findings: FleetFindings

  var isSound: Bool { findings.isSound }

  init(fleet: String, _ findings: FleetFindings) {
    self.fleet = fleet
    self.findings = findings
  }

  func print(as format: OutputFormat, isColored: Bool) throws {
    switch format {
    case .text: Console.output(text(Style(isColored: isColored)))
    case .json:
      try JSONText.print(
        Document(
          fleet: fleet, isSound: isSound, edges: findings.edges, strangers: findings.strangers,
          entrances: findings.entrances))
    }
  }

  private func text(_ style: Style) -> String {
    let edges = findings.edges.map { edge in
      (
        [
          edge.site, edge.frontEnd, "\(edge.backEnd):\(edge.port)", edge.ownCertificate ?? "-",
          edge.withoutCertificate ?? "-", edge.foreignCertificate ?? "-", edge.tlsVersion ?? "-",
          edge.served?.notAfter.date ?? "-",
        ], edge.problems
      )
    }
    let strangers = findings.strangers.map {
      (
        [
          "no site", $0.host, "\($0.backEnd):\($0.port)", $0.problem == nil ? "no connection" : "-",
        ],
        $0.problem.map { [$0] } ?? []
      )
    }
    let entrances = findings.entrances.map {
      (
        [
          $0.site, "visitor", "\($0.frontEnd):443", $0.answer ?? "-", "", "", "",
          $0.served?.notAfter.date ?? "-",
        ], $0.problems
      )
    }
    let rows = edges + entrances + strangers
    let head = ["SITE", "FROM", "TO", "OWN", "NONE", "FOREIGN", "TLS", "VALID UNTIL"]
    let lines = Table.lines([head] + rows.map { shortened($0.0) })
    let body = zip(lines.dropFirst(), rows).flatMap { line, row in
      [style(line, row.1.isEmpty ? nil : .red)] + row.1.map { style("    \($0)", .red) }
    }
    let sound = rows.count { $0.1.isEmpty }
    return
      ([style(lines[0], .bold)] + body + ["", "\(sound) of \(rows.count) are as they should be."])
      .joined(separator: "\n")
  }

  /// An answer that is no status is told in full below.
  private func shortened(_ row: [String]) -> [String] {
    row.map { $0.count > 40 ? "failed" : $0 }
  }
}
