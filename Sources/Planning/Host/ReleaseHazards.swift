import Fleet
import State

/// Why a release that was in force before must not come back: certificates, CAs and revocations
/// have moved on since, and a rollback would undo that for one host.
struct ReleaseHazards {
  let state: FleetState
  let now: Timestamp

  private var trusted: [CAGeneration] { state.trustedCAs }

  func all(of release: ReleaseRecord) -> [String] {
    guard !release.facts.trusts.isEmpty || !release.certificates.isEmpty else { return [] }
    return certificates(of: release) + trust(of: release) + refusals(of: release)
  }

  private func certificates(of release: ReleaseRecord) -> [String] {
    release.certificates.sorted { $0.key < $1.key }.compactMap { path, leaf in
      if let revocation = state.revocation(of: leaf) {
        return "its \(path) was revoked on \(revocation.revokedAt.date)"
      }
      if leaf.notAfter <= now { return "its \(path) expired on \(leaf.notAfter.date)" }
      guard !trusted.contains(where: { $0.keyIdentifier == leaf.issuerKeyIdentifier }) else {
        return nil
      }
      return "its \(path) is of \"\(leaf.issuer)\", which is trusted no more"
    }
  }

  private func trust(of release: ReleaseRecord) -> [String] {
    let trusts = Set(release.facts.trusts)
    var found: [String] = []
    if let signing = state.signingCA, !trusts.contains(signing.keyIdentifier) {
      found.append(
        "it does not trust \"\(signing.commonName)\", whose certificates the others show")
    }
    if !trusts.isSubset(of: trusted.map(\.keyIdentifier)) {
      found.append("it trusts a CA that was rotated out, and whoever has its key")
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
