import Files
package import Fleet
import FoundationEssentials
import Hashing
import Planning
package import Reports
import Verification

/// Makes the report of a fleet, and pictures of it (`deploy report`, `deploy graph`).
package struct ReportFleet {
  /// The runs that a report lists.
  private static let mostRuns = 12

  private let run: FleetRun
  private let access: SSHFleetAccess

  package init(_ run: FleetRun, _ access: SSHFleetAccess) {
    self.run = run
    self.access = access
  }

  /// - Parameters:
  ///   - isOffline: whether no host is contacted.
  ///   - verifies: whether edges are tried too, which needs the CA's key.
  ///   - version: of deploy.
  ///   - now: the time from which days are counted.
  package func report(
    isOffline: Bool, verifies: Bool, version: String, now: Timestamp
  ) async throws -> FleetReport {
    let found = try await MonitorFleet(run).findings(isOffline: isOffline, now: now)
    return FleetReport(
      run.workspace.inventory, found.state, found.status, found.expiries,
      edges: verifies ? try await edges() : nil, runs: Array(found.runs.prefix(Self.mostRuns)),
      version: version)
  }

  /// Writes a page as a whole, so that a reader never sees half of it.
  package static func write(_ report: FleetReport, to path: String) throws {
    let html = FleetPage(report).html { text in
      let digest = bytes(ofHexadecimal: Digest.sha256(of: text)) ?? []
      return Data(digest).base64EncodedString()
    }
    try write(html, to: path)
  }

  /// Writes a report or a picture. Only its owner can read a new file, because it shows where a fleet is weak; who can
  /// read an existing one is for the user to say.
  package static func write(_ text: String, to path: String) throws {
    try Failure.naming(.failed) { () throws(FileError) in
      let isNew = try FileReader.status(of: path) == nil
      try FileWriter.replace(path, text: text, for: isNew ? .ownerAlone : .published)
    }
  }

  private func edges() async throws -> EdgeSurvey {
    let findings = try await VerifyFleet(run, access).findings(.usual)
    return EdgeSurvey(
      trials: findings.edges.map {
        EdgeSurvey.Trial(
          site: $0.site, from: $0.frontEnd, to: $0.backEnd, isTried: $0.isTried,
          problems: $0.problems)
      }
        + findings.publicEndpoints.map {
          EdgeSurvey.Trial(
            site: $0.site, from: nil, to: $0.frontEnd, isTried: $0.isTried, problems: $0.problems)
        },
      openings: findings.forbiddenConnections.compactMap { connection in
        guard connection.isTried, let problem = connection.problem else { return nil }
        return
          "From \(connection.host) to port \(connection.port) of \(connection.backEnd): \(problem)"
      }, edgeCount: findings.coverage.edges.all)
  }
}
