import Fleet
import Inventories
import State

/// Decides whether a host keeps its certificate or gets a new one, and why.
struct CertificateReview {
  let context: PlanContext
  let host: HostName
  let snapshot: Snapshot

  /// The properties that a certificate must have for the present one to be kept.
  struct Wanted {
    var path: String
    var keyPath: String
    /// Sorted.
    var names: [String]
    var key: KeyKind
  }

  /// What happens to the certificate at one path.
  enum Decision {
    case keep(PresentCertificate)
    case issue(reason: String)
  }

  /// Compares the certificate that the host has, if any, with the wanted one.
  ///
  /// - Parameter present: the certificate that the host has.
  func decision(on wanted: Wanted, instead present: PresentCertificate?) -> Decision {
    guard let present, snapshot.has(wanted.path), snapshot.has(wanted.keyPath) else {
      return .issue(reason: "the host has none")
    }
    return reasonToIssue(wanted, instead: present).map { .issue(reason: $0) } ?? .keep(present)
  }

  /// Returns nil if the host can keep its certificate.
  private func reasonToIssue(_ wanted: Wanted, instead present: PresentCertificate) -> String? {
    if snapshot.drifted.contains(wanted.path) || snapshot.drifted.contains(wanted.keyPath) {
      return "it or its key was changed on the host"
    }
    if let record = present.record, context.isRevoked(record) { return "it is revoked" }
    let terms = present.terms
    if let ca = context.signingCA, let issuer = terms.issuer,
      issuer.keyIdentifier != ca.keyIdentifier
    {
      return "its issuer is \"\(issuer.commonName)\", not \"\(ca.commonName)\""
    }
    if terms.names != wanted.names { return namesReason(terms.names, wanted.names) }
    if terms.key != wanted.key.rawValue {
      return "its key is \(terms.key), not \(wanted.key.rawValue)"
    }
    if let record = present.record, mustRotate(record, wanted) { return "rotated on request" }
    return expiryReason(terms.notAfter)
  }

  /// Whether a certificate that is there is replaced because the user asks for new ones.
  private func mustRotate(_ record: CertificateRecord, _ wanted: Wanted) -> Bool {
    context.input.request.renews.contains(Role(ofCertificate: wanted.path))
      && context.input.state.rotation?.hasBrought(record, at: wanted.path, of: host) != true
  }

  private func namesReason(_ old: [String], _ new: [String]) -> String {
    let added = new.filter { !old.contains($0) }
    let removed = old.filter { !new.contains($0) }
    return (added.isEmpty ? [] : ["it lacks the name \(added.joined(separator: ", "))"])
      .appending(removed.isEmpty ? nil : "it has the name \(removed.joined(separator: ", "))")
      .joined(separator: " and ")
  }

  /// Why a certificate is renewed that ends then; nil if it is not due.
  func expiryReason(_ end: Timestamp) -> String? {
    let margin = context.inventory.ca.certificates.renewalMargin(of: host)
    guard end < context.input.now.adding(seconds: margin) else { return nil }
    // A certificate that expires together with its CA would not last longer if the same CA reissued it.
    if let ca = context.signingCA, end >= ca.notAfter, end > context.input.now { return nil }
    let days = context.input.now.days(until: end)
    return days < 0
      ? "it expired on \(end.date)"
      : "it expires in \(days) \(days == 1 ? "day" : "days"), on \(end.date)"
  }
}

extension [String] {
  fileprivate func appending(_ element: String?) -> [String] {
    self + (element.map { [$0] } ?? [])
  }
}
