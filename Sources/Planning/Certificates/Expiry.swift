package import Fleet
package import Inventories
import Nginx
package import State

/// An expiry date of a fleet: of a CA, a certificate or a revocation list. Made by `Expiry.all`.
package struct Expiry: Hashable, Sendable {
  /// What expires.
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case ca
    /// A certificate that the fleet's CA issued for a host.
    case certificate
    /// A certificate that the user provides for a site.
    case siteCertificate = "site-certificate"
    case revocationList = "revocation-list"
  }

  /// How soon the user has to act.
  package enum Urgency: String, Hashable, Sendable, Comparable {
    case none
    /// It expires soon and should be renewed now.
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
  /// The CA's common name, the path below a host's release, or the site's domain.
  package var name: String
  package var host: HostName?
  package var notAfter: Timestamp
  /// Whole days, rounded down; negative if it has expired.
  package var daysLeft: Int64
  package var urgency: Urgency
}

extension Expiry {
  /// Seconds before the end of a site's certificate from which on the user is warned.
  package static let siteCertificateMargin: Int64 = 30 * 86_400

  /// The same for the revocation list of a root, which its owner may publish each month.
  package static let rootListMargin: Int64 = 14 * 86_400

  /// The root that signed a CA generation.
  package struct Root: Hashable, Sendable {
    package var name: String
    package var notAfter: Timestamp
    /// When its revocation list expires; nil if there is none.
    package var listEnd: Timestamp?

    package init(name: String, notAfter: Timestamp, listEnd: Timestamp?) {
      self.name = name
      self.notAfter = notAfter
      self.listEnd = listEnd
    }
  }

  /// Whether less than the margin, in seconds, is left.
  static func isDue(_ end: Timestamp, margin: Int64, at now: Timestamp) -> Bool {
    end < now.adding(seconds: margin)
  }

  /// All expiry dates of a fleet, earliest first.
  ///
  /// A CA is due one leaf's lifetime before its end: from then on the certificates that it issues are
  /// shortened. Its revocation list expires with it; nginx then refuses all clients of that CA.
  ///
  /// - Parameters:
  ///   - revocationLists: when the list of each CA generation expires.
  ///   - roots: the roots above CA generations; those that are equal are listed once.
  package static func all(
    of state: FleetState, _ policy: LeafPolicy,
    siteCertificates: [DomainName: Materials.SiteCertificate],
    revocationLists: [Int: Timestamp], roots: [Root] = [], now: Timestamp
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
    let above = Set(roots).flatMap { root in
      [expiry(.ca, root.name, root.notAfter, margin: policy.validFor.seconds)]
        + (root.listEnd.map { end in
          // The list of a root that deploy created ends with the root.
          [
            expiry(
              .revocationList, root.name, end,
              margin: end == root.notAfter ? policy.validFor.seconds : rootListMargin)
          ]
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
        .siteCertificate, domain.text, certificate.notAfter,
        margin: certificate.ordered.map {
          $0.notAfter.secondsSince1970 - $0.renewal.secondsSince1970
        }
          ?? siteCertificateMargin)
    }
    let earlier = state.hosts.flatMap { host, record in
      record.release.replacedCertificates(siteCertificates).map { domain, former in
        expiry(
          .siteCertificate, domain.text, on: host, former.notAfter, margin: former.margin)
      }
    }
    // By day, as they are shown: a second more or less does not change the order.
    return (caGenerations + above + leaves + sites + earlier).sorted {
      ($0.notAfter.date, $0.kind.rawValue, $0.host?.text ?? "", $0.name, $0.notAfter)
        < ($1.notAfter.date, $1.kind.rawValue, $1.host?.text ?? "", $1.name, $1.notAfter)
    }
  }
}

extension ReleaseRecord {
  /// The certificates of sites in the release that were ordered before the present ones.
  fileprivate func replacedCertificates(
    _ present: [DomainName: Materials.SiteCertificate]
  ) -> [(DomainName, OrderedCertificate.Replaced)] {
    present.compactMap { domain, material in
      let path = ReleasePath.publicCertificate(of: domain).relative
      return files[path].flatMap { material.ordered?.replaced[$0.digest] }.map { (domain, $0) }
    }
  }
}
