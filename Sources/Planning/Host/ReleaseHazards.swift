import Fleet
import Nginx
import State

/// Finds the reasons why an earlier release must not be restored: certificates, CAs and revocations
/// have changed since, and a rollback would undo that on one host.
struct ReleaseHazards {
  private let state: FleetState
  private let now: Timestamp
  private let trusted: [CAGeneration]
  private let revocations: RevocationIndex
  /// SHA-256 of the ordered certificates of sites that were revoked.
  private let revoked: Set<String>

  init(_ state: FleetState, revoked: Set<String>, at now: Timestamp) {
    (self.state, self.now, self.revoked) = (state, now, revoked)
    trusted = state.trustedCAs
    revocations = RevocationIndex(state.revocations)
  }

  func all(of release: ReleaseRecord) -> [String] {
    let sites =
      release.files.filter { revoked.contains($0.value.digest) }.keys.sorted()
      .map { "its \($0) was revoked at the CA that issued it" }
      + participation(of: release)
    guard !release.facts.trusts.isEmpty || !release.certificates.isEmpty else { return sites }
    return sites + certificates(of: release) + trust(of: release) + refusals(of: release)
  }

  private func certificates(of release: ReleaseRecord) -> [String] {
    release.certificates.sorted { $0.key < $1.key }.compactMap { path, leaf in
      if let revocation = revocations.revocation(of: leaf) {
        return "its \(path) was revoked on \(revocation.revokedAt.date)"
      }
      if leaf.notAfter <= now { return "its \(path) expired on \(leaf.notAfter.date)" }
      guard !trusted.contains(where: { $0.keyIdentifier == leaf.issuerKeyIdentifier }) else {
        return nil
      }
      return "its \(path) was issued by \"\(leaf.issuer)\", which is no longer trusted"
    }
  }

  /// What the user has asked for since: hosts without requests, and sites in maintenance.
  private func participation(of release: ReleaseRecord) -> [String] {
    let drained = Set(release.facts.routes.map(\.host).filter { state.drained[$0] != nil }).sorted()
    let open = Set(release.facts.routes.map(\.site)).filter { site in
      state.maintenance(of: site) != nil
        && release.files[ReleasePath.maintenancePage(of: site).relative] == nil
    }.sorted()
    return drained.map {
      "it sends requests to \($0), which is drained: \"deploy undrain \($0)\" first"
    }
      + open.map {
        "it opens \($0), which is in maintenance: \"deploy maintenance \($0) off\" first"
      }
  }

  private func trust(of release: ReleaseRecord) -> [String] {
    let trusts = Set(release.facts.trusts)
    var found: [String] = []
    if let signing = state.signingCA, !trusts.contains(signing.keyIdentifier) {
      found.append(
        "it does not trust \"\(signing.commonName)\", which issued the certificates of the other hosts"
      )
    }
    if !trusts.isSubset(of: trusted.map(\.keyIdentifier)) {
      found.append("it trusts a CA that was rotated out, and anyone who has the key of that CA")
    }
    return found
  }

  private func refusals(of release: ReleaseRecord) -> [String] {
    let refused = Set(release.facts.refuses ?? [])
    let accepted = state.revocations.filter {
      $0.notAfter > now && release.facts.trusts.contains($0.issuerKeyIdentifier)
        && !refused.contains($0.serial)
    }
    guard let first = accepted.first else { return [] }
    let whose = first.host.map { " of \($0)" } ?? ""
    let more = accepted.count > 1 ? ", and \(accepted.count - 1) more" : ""
    return [
      "it accepts the revoked certificate \(CertificateRecord.short(first.serial))\(whose) again\(more)"
    ]
  }
}
