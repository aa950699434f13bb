package import Execution
import Fleet
package import Planning

/// The results of all checks of `deploy verify`, in the order of the inventory.
package struct FleetFindings: Sendable {
  package let edges: [EdgeFinding]
  package let forbiddenConnections: [ForbiddenConnectionFinding]
  package let publicEndpoints: [PublicEndpointFinding]
  package let coverage: CheckCoverage

  /// Whether all checks passed.
  package var isSound: Bool {
    edges.allSatisfy(\.problems.isEmpty) && publicEndpoints.allSatisfy(\.problems.isEmpty)
      && forbiddenConnections.allSatisfy { $0.problem == nil }
  }

  init(
    edges: [EdgeFinding], forbiddenConnections: [ForbiddenConnectionFinding],
    publicEndpoints: [PublicEndpointFinding], coverage: CheckCoverage
  ) {
    self.edges = edges
    self.forbiddenConnections = forbiddenConnections
    self.publicEndpoints = publicEndpoints
    self.coverage = coverage
  }

  /// Runs all checks.
  ///
  /// - Parameter report: is called as checks end.
  package init(
    of checks: FleetChecks, _ probe: FleetProbe, _ limits: CheckLimits,
    report: @escaping @Sendable (ProgressEvent) -> Void
  ) async {
    var run = CheckRun(checks, probe, limits)
    await run.carryOut(report: report)
    self.init(
      edges: run.edges, forbiddenConnections: run.forbiddenConnections,
      publicEndpoints: run.publicEndpoints,
      coverage: CheckCoverage(
        of: checks, tried: run.edges.count(where: \.isTried),
        run.publicEndpoints.count(where: \.isTried),
        run.forbiddenConnections.count(where: \.isTried)))
  }
}

/// How many of a fleet's edges and other connections were tried.
package struct CheckCoverage: Hashable, Sendable, Encodable {
  /// A number of checks, and how many there are of that kind in the fleet or in the part that `--limit` selects.
  package struct Part: Hashable, Sendable, Encodable {
    package let tried: Int
    package let all: Int

    package init(tried: Int, all: Int) {
      self.tried = tried
      self.all = all
    }
  }

  /// Whether the edges and public endpoints are a sample that has every host and every site.
  package let isSample: Bool
  package let edges: Part
  package let publicEndpoints: Part
  package let forbiddenConnections: Part

  init(of checks: FleetChecks, tried edges: Int, _ endpoints: Int, _ connections: Int) {
    isSample = checks.isSample
    self.edges = Part(tried: edges, all: checks.edgeCount)
    publicEndpoints = Part(tried: endpoints, all: checks.publicEndpointCount)
    forbiddenConnections = Part(tried: connections, all: checks.forbiddenConnectionCount)
  }
}
