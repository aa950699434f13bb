import Execution
package import Planning

/// The results of all checks of `deploy verify`, in the order of the inventory.
package struct FleetFindings: Sendable {
  package private(set) var edges: [EdgeFinding] = []
  package private(set) var forbiddenConnections: [ForbiddenConnectionFinding] = []
  package private(set) var publicEndpoints: [PublicEndpointFinding] = []

  /// Whether all checks passed.
  package var isSound: Bool {
    edges.allSatisfy(\.problems.isEmpty) && publicEndpoints.allSatisfy(\.problems.isEmpty)
      && forbiddenConnections.allSatisfy { $0.problem == nil }
  }

  /// Runs all checks.
  ///
  /// - Parameter parallel: the maximum number of checks of each kind at the same time.
  package init(of checks: FleetChecks, _ probe: FleetProbe, parallel: Int) async {
    async let edges = Self.map(checks.edges, atMost: parallel) { await probe.finding(of: $0) }
    async let endpoints = Self.map(checks.publicEndpoints, atMost: parallel) {
      await probe.finding(of: $0)
    }
    async let forbidden = Self.map(checks.forbiddenConnections, atMost: parallel) {
      await probe.finding(of: $0)
    }
    self.edges = await edges
    publicEndpoints = await endpoints
    forbiddenConnections = await forbidden
  }

  /// The results in the order of the elements.
  private static func map<Element: Sendable, Result: Sendable>(
    _ elements: [Element], atMost limit: Int,
    _ transform: @escaping @Sendable (Element) async -> Result
  ) async -> [Result] {
    var results: [Int: Result] = [:]
    await forEach(Array(elements.enumerated()), limit: limit) { index, element in
      (index, await transform(element))
    } whenDone: { index, result in
      results[index] = result
    }
    return elements.indices.compactMap { results[$0] }
  }
}
