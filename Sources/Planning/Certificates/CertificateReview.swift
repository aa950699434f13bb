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
    case keep(CertificateRecord)
    case issue(reason: String)
  }

  /// Compares the certificate that the host has, if any, with the wanted one.
  ///
  /// - Parameter record: the certificate that the host has.
  func decision(on wanted: Wanted, instead record: CertificateRecord?) -> Decision {
    guard let record, snapshot.has(wanted.path), snapshot.has(wanted.keyPath) else {
      return .issue(reason: "the host has none")
    }
    return reasonToIssue(wanted, instead: record).map { .issue(reason: $0) } ?? .keep(record)
  }

  /// Returns nil if the host can keep its certificate.
  private func reasonToIssue(_ wanted: Wanted, instead record: CertificateRecord) -> String? {
    if snapshot.drifted.contains(wanted.path) || snapshot.drifted.contains(wanted.keyPath) {
      return "it or its key was changed on the host"
    }
    if context.isRevoked(record) { return "it is revoked" }
    if let ca = context.signingCA,
      record.issuerKeyIdentifier != ca.keyIdentifier
    {
      return "its issuer is \"\(record.issuer)\", not \"\(ca.commonName)\""
    }
    if record.names != wanted.names { return namesReason(record.names, wanted.names) }
    if record.key != wanted.key.rawValue {
      return "its key is \(record.key), not \(wanted.key.rawValue)"
    }
    if context.input.request.renews.contains(Role(ofCertificate: wanted.path)),
      !snapshot.comesWithThisRun(wanted.path),
      context.input.state.rotation?.hasBrought(record, at: wanted.path, of: host) != true
    {
      return "rotated on request"
    }
    return expiryReason(record)
  }

  private func namesReason(_ old: [String], _ new: [String]) -> String {
    let added = new.filter { !old.contains($0) }
    let removed = old.filter { !new.contains($0) }
    return (added.isEmpty ? [] : ["it lacks the name \(added.joined(separator: ", "))"])
      .appending(removed.isEmpty ? nil : "it has the name \(removed.joined(separator: ", "))")
      .joined(separator: " and ")
  }

  private func expiryReason(_ record: CertificateRecord) -> String? {
    let margin = context.inventory.ca.certificates.renewalMargin(of: host)
    guard record.notAfter < context.input.now.adding(seconds: margin) else { return nil }
    // A certificate that expires together with its CA would not last longer if the same CA reissued it.
    if let ca = context.signingCA, record.notAfter >= ca.notAfter,
      record.notAfter > context.input.now
    {
      return nil
    }
    let days = context.input.now.days(until: record.notAfter)
    return days < 0
      ? "it expired on \(record.notAfter.date)"
      : "it expires in \(days) \(days == 1 ? "day" : "days"), on \(record.notAfter.date)"
  }
}

extension [String] {
  fileprivate func appending(_ element: String?) -> [String] {
    self + (element.map { [$0] } ?? [])
  }
}
