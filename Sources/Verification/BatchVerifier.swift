package import Certificates
package import Execution
package import Fleet
package import Inventories
import Planning
package import State

/// Tests the edges of hosts that have just changed. It follows the state at that moment, because the inventory is
/// not in effect everywhere until the run ends.
package struct BatchVerifier: EdgeVerifier {
  private let connector: any GatewayConnector
  /// How hosts are reached.
  private let inventory: Inventory
  private let keys: Set<Int>
  private let parallel: Int
  private let now: @Sendable () -> Timestamp
  private let state: @Sendable () async -> FleetState
  private let unlock: @Sendable (CAGeneration) async throws -> CertificateAuthority

  /// - Parameters:
  ///   - keys: the CA generations whose keys are in the folder.
  ///   - parallel: the maximum number of edges to test at the same time.
  ///   - state: returns the current state.
  ///   - unlock: decrypts the key of a generation.
  package init(
    _ connector: any GatewayConnector, _ inventory: Inventory, keys: Set<Int>, parallel: Int,
    now: @escaping @Sendable () -> Timestamp, state: @escaping @Sendable () async -> FleetState,
    unlock: @escaping @Sendable (CAGeneration) async throws -> CertificateAuthority
  ) {
    self.connector = connector
    self.inventory = inventory
    self.keys = keys
    self.parallel = parallel
    self.now = now
    self.state = state
    self.unlock = unlock
  }

  package func findings(
    touching hosts: Set<HostName>, leaving: Set<HostName>, untried: [HostName: String]
  ) async -> EdgeFindings {
    let state = await state()
    var findings = EdgeFindings()
    do {
      for (shown, all) in edges(touching: hosts, leaving: leaving, state) {
        let (issuer, edges) = replacement(for: shown, all, state)
        let kept = edges.filter { edge in
          guard let host = [edge.frontEnd, edge.backEnd].first(where: { untried[$0] != nil }),
            let why = untried[host]
          else { return true }
          findings.untried.append("\(Self.name(of: edge)): \(host) \(why)")
          return false
        }
        guard !kept.isEmpty else { continue }
        let probe = try await probe(state, as: issuer)
        // One front-end after another, and each is left after its last edge: hosts have limits for logins.
        var left = Dictionary(kept.map { ($0.frontEnd, 1) }, uniquingKeysWith: +)
        await forEach(kept.sorted { $0.frontEnd < $1.frontEnd }, limit: parallel) { edge in
          let finding = await probe.finding(of: edge)
          return (edge, finding, await lost(finding, hosts, probe))
        } whenDone: { edge, finding, lost in
          left[edge.frontEnd, default: 1] -= 1
          if left[edge.frontEnd] == 0 { await probe.logOut(of: edge.frontEnd) }
          let name = Self.name(of: edge)
          if let lost {
            findings.untried.append("\(name): could not connect to \(lost)")
          } else {
            findings.problems += finding.problems.map { "\(name): \($0)" }
          }
        }
      }
    } catch {
      findings.problems.append("could not test the edges: \(error)")
    }
    findings.problems.sort()
    findings.untried.sort()
    return findings
  }

  private static func name(of edge: FleetChecks.Edge) -> String {
    "\(edge.frontEnd) → \(edge.backEnd), \(edge.site)"
  }

  /// The unchanged host at the other end of an edge, if it is unreachable: the failure then says nothing about the
  /// hosts that have changed.
  private func lost(
    _ finding: EdgeFinding, _ hosts: Set<HostName>, _ probe: FleetProbe
  ) async -> HostName? {
    guard finding.isTried else {
      return hosts.contains(finding.frontEnd) ? nil : finding.frontEnd
    }
    guard !finding.isConnected, !hosts.contains(finding.backEnd) else { return nil }
    return await probe.canBeReached(finding.backEnd) ? nil : finding.backEnd
  }

  /// The edges of these hosts, by the CA generation that issued the front-end's certificate.
  private func edges(
    touching hosts: Set<HostName>, leaving: Set<HostName>, _ state: FleetState
  ) -> [(CAGeneration, [FleetChecks.Edge])] {
    var edges: [String: [FleetChecks.Edge]] = [:]
    for (name, record) in state.hosts where !leaving.contains(name) {
      guard let issuer = record.release.frontEndCertificate?.issuerKeyIdentifier
      else { continue }
      for route in record.release.facts.routes
      where (hosts.contains(name) || hosts.contains(route.host)) && route.host != name
        && !leaving.contains(route.host) && state.hosts[route.host] != nil
        && ![record.release.frontEndCertificate, state.certificate(ofBackEnd: route.host)]
          .contains(where: { hasEnded($0, state) })
      {
        edges[issuer, default: []].append(FleetChecks.Edge(route, from: name))
      }
    }
    return state.caGenerations.compactMap { ca in
      edges[ca.keyIdentifier].map { (ca, $0) }
    }
  }

  /// Whether a certificate has expired. Its edge is not tested until this run has replaced the certificate.
  private func hasEnded(_ leaf: CertificateRecord?, _ state: FleetState) -> Bool {
    guard let leaf else { return false }
    let now = now()
    return leaf.notAfter <= now
      || state.caGenerations.contains {
        $0.keyIdentifier == leaf.issuerKeyIdentifier && $0.notAfter <= now
      }
  }

  /// Replaces a generation whose key is missing, which a rotation may be for: the probe then uses the signing
  /// generation, at the back-ends that already trust it.
  private func replacement(
    for issuer: CAGeneration, _ edges: [FleetChecks.Edge], _ state: FleetState
  ) -> (CAGeneration, [FleetChecks.Edge]) {
    guard !keys.contains(issuer.generation), let signing = state.signingCA else {
      return (issuer, edges)
    }
    return (
      signing,
      edges.filter {
        state.hosts[$0.backEnd]?.release.facts.trusts.contains(signing.keyIdentifier) == true
      }
    )
  }

  private func probe(_ state: FleetState, as issuer: CAGeneration) async throws -> FleetProbe {
    try FleetProbe(
      connector: connector,
      connections: inventory.connections(state),
      state: state,
      trusted: CertificateBundle(pem: state.caGenerations.map(\.certificate).joined()),
      ca: await unlock(issuer), now: now)
  }
}
