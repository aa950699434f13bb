package import Fleet
package import State

/// Which hosts still accept a revoked certificate after a run, and which still have one.
package struct RevocationStanding: Sendable {
  private let state: FleetState
  private let revocations: RevocationIndex
  private let revoked: Set<HostName>
  private let now: Timestamp

  /// - Parameter revoked: the hosts that had revoked certificates when the run began.
  package init(of state: FleetState, revoked: [HostName], at now: Timestamp) {
    (self.state, self.revoked, self.now) = (state, Set(revoked), now)
    revocations = RevocationIndex(state.revocations)
  }

  /// One line for each host that still accepts or has a revoked certificate.
  ///
  /// - Parameter details: why hosts failed, as far as it is known.
  package func open(after details: [HostName: String]) -> [String] {
    state.hosts.sorted { $0.key < $1.key }.compactMap { host, record in
      let why = details[host].flatMap { $0.isEmpty ? nil : ": \($0)" } ?? ""
      if revoked.contains(host) {
        let has = record.release.certificates.values.contains {
          revocations.revocation(of: $0) != nil
        }
        return has ? "\(host) still has its revoked certificates\(why)" : nil
      }
      guard let accepted = accepted(by: record.release.facts) else { return nil }
      let whose = accepted.host.map { " of \($0)" } ?? ""
      return "\(host) still accepts \(CertificateRecord.short(accepted.serial))\(whose)\(why)"
    }
  }

  private func accepted(by facts: EdgeFacts) -> Revocation? {
    let refused = Set(facts.refuses ?? [])
    return state.revocations.first {
      $0.notAfter > now && facts.trusts.contains($0.issuerKeyIdentifier)
        && !refused.contains($0.serial)
    }
  }
}
