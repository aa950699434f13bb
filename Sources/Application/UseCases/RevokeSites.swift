import CAStore
package import Execution
import Fleet
import Inventories
import Planning
package import State

/// Revokes the ordered certificates of sites at the servers that issued them, after other ones were ordered and
/// installed (`deploy revoke --site`).
package struct RevokeSites {
  private let run: FleetRun

  /// - Parameter run: its scope names the sites.
  package init(_ run: FleetRun) { self.run = run }

  package func revoke(for reason: Revocation.Reason) async throws -> Summary {
    for site in run.scope.revokedSites.sorted() { try check(site) }
    return try await run.whileLocked(for: "revoke") { flow in
      var state = await flow.keeper.state
      let accounts = ACMEAccounts(run)
      let (plan, survey) = try await run.surveyAndPlan(flow.hosts, &state)
      await flow.keeper.hold(state)
      let revocations = SiteRevocations(run: run, accounts: accounts)
      let rollout = OrderedRollout(flow: flow, accounts: accounts) { [run] in
        for site in run.scope.revokedSites.sorted() {
          try revocations.note(site, reason: reason.code)
        }
      }
      return try await rollout.carryOut(plan, survey)
    }
  }

  private func check(_ domain: DomainName) throws {
    guard let site = run.workspace.inventory.sites.first(where: { $0.domain == domain }) else {
      throw Failure(.usage, "this fleet has no site \(domain): see the inventory for the domains")
    }
    guard site.acme != nil else {
      throw Failure(
        .usage,
        "the certificate of \(domain) is not ordered by deploy: revoke it where it was issued")
    }
    let folder = run.workspace.ca.acme
    guard let current = try folder.orders(of: domain).current else {
      throw Failure(.usage, "no certificate was ordered for \(domain) from this controller")
    }
    guard !current.isRevoked else {
      throw Failure(
        .usage,
        "the certificate of \(domain) was revoked already; \"deploy apply\" orders another one")
    }
  }
}

extension Revocation.Reason {
  /// The number of RFC 5280, 5.3.1.
  fileprivate var code: Int {
    switch self {
    case .unspecified: 0
    case .keyCompromise: 1
    case .superseded: 4
    case .cessationOfOperation: 5
    }
  }
}
