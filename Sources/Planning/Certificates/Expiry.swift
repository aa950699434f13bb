package import Fleet
package import Inventories
package import State

/// Something of a fleet that ends by itself.
package struct Expiry: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case ca
    /// One of the CA, on a host.
    case certificate
    /// One that the user brings for a site.
    case siteCertificate = "site-certificate"
    case revocationList = "revocation-list"
  }

  package enum Urgency: String, Hashable, Sendable, Comparable {
    case none
    /// The time to act has come.
    case due
    case ended

    private var rank: Int {
      switch self {
      case .none: 0
      case .due: 1
      case .ended: 2
      }
    }

    package static func < (left: Urgency, right: Urgency) -> Bool { left.rank < right.rank }
  }

  package var kind: Kind
  /// What the user calls it: a name, a path below a host's release, a domain.
  package var name: String
  package var host: HostName?
  package var notAfter: Timestamp
  /// Whole days, rounded down; negative where it has ended.
  package var daysLeft: Int64
  package var urgency: Urgency
}

extension Expiry {
  /// Whoever brings a certificate needs time to get another one.
  package static let siteCertificateMargin: Int64 = 30 * 86_400

  /// Whether the time to act has come: less than the margin, in seconds, is left.
  static func isDue(_ end: Timestamp, margin: Int64, at now: Timestamp) -> Bool {
    end < now.adding(seconds: margin)
  }

  /// Everything that ends, what ends first first.
  ///
  /// A CA is due a leaf's life before its end: from then on its certificates are cut short.
  /// Its revocation list ends with it, and nginx refuses all of its clients from then on.
  ///
  /// - Parameter revocationLists: when the list of a generation ends.
  package static func all(
    of state: FleetState, _ policy: LeafPolicy,
    siteCertificates: [DomainName: Materials.SiteCertificate],
    revocationLists: [Int: Timestamp], now: Timestamp
  ) -> [Expiry] {
    func expiry(
      _ kind: Kind, _ name: String, on host: HostName? = nil, _ end: Timestamp, margin: Int64
    ) -> Expiry {
      Expiry(
        kind: kind, name: name, host: host, notAfter: end, daysLeft: now.days(until: end),
        urgency: end <= now ? .ended : isDue(end, margin: margin, at: now) ? .due : .none)
    }
    let caGenerations = state.caGenerations.flatMap { record in
      [expiry(.ca, record.commonName, record.notAfter, margin: policy.validFor.seconds)]
        + (revocationLists[record.generation].map {
          [expiry(.revocationList, record.commonName, $0, margin: policy.validFor.seconds)]
        } ?? [])
    }
    let leaves = state.hosts.flatMap { host, record in
      record.release.certificates.map { path, leaf in
        expiry(
          .certificate, path, on: host, leaf.notAfter, margin: policy.renewBefore.seconds)
      }
    }
    let sites = siteCertificates.map { domain, certificate in
      expiry(
        .siteCertificate, domain.text, certificate.notAfter, margin: siteCertificateMargin)
    }
    return (caGenerations + leaves + sites).sorted {
      ($0.notAfter, $0.kind.rawValue, $0.host?.text ?? "", $0.name)
        < ($1.notAfter, $1.kind.rawValue, $1.host?.text ?? "", $1.name)
    }
  }
}
