package import Fleet
package import Inventories

/// A certificate that a run orders for a site, from an ACME server or a command.
package struct CertificateOrder: Hashable, Sendable {
  /// Why it is ordered.
  package enum Reason: Hashable, Sendable {
    /// The controller has none for the site.
    case first
    /// The names of the site have changed.
    case names(added: [String], removed: [String])
    /// The account, the kind of key or the profile has changed.
    case changed(String)
    /// It is time to renew it.
    case due(notAfter: Timestamp)
    /// The present one was revoked.
    case revoked
  }

  /// How the server is shown that the fleet controls the names.
  package enum Proof: Hashable, Sendable {
    /// By requests to these front-ends, which the inventory names (HTTP-01).
    case http([HostName])
    /// By a DNS record (DNS-01).
    case dns
    /// That is the matter of the command.
    case none
  }

  package var site: DomainName
  /// The ACME account; nil for a command.
  package var account: ACMEAccountName?
  package var source: OrderSource
  package var names: [String]
  /// The kind of key; nil if a command chooses it.
  package var key: KeyKind?
  /// The profile that the server is asked for; nil for the server's choice.
  package var profile: String?
  package var proof: Proof
  package var reason: Reason
  /// The front-ends that have to change first, because they do not answer the challenges yet.
  package var waits: [HostName]
  /// The front-ends that get the certificate.
  package var frontEnds: [HostName]

  package init(
    site: DomainName, account: ACMEAccountName?, from source: OrderSource, names: [String],
    key: KeyKind? = nil, profile: String? = nil, proof: Proof, reason: Reason, waits: [HostName],
    frontEnds: [HostName]
  ) {
    self.site = site
    self.account = account
    self.source = source
    self.names = names
    self.key = key
    self.profile = profile
    self.proof = proof
    self.reason = reason
    self.waits = waits
    self.frontEnds = frontEnds
  }
}

extension CertificateOrder {
  /// The server or the program, for messages.
  package var server: String { source.name }
}

extension CertificateOrder.Reason {
  /// The reason as the end of a sentence.
  package var text: String {
    switch self {
    case .first: "there is none yet"
    case .names(let added, let removed):
      [("new: ", added), ("no longer: ", removed)].filter { !$0.1.isEmpty }
        .map { $0.0 + $0.1.joined(separator: ", ") }.joined(separator: "; ")
    case .changed(let what): what
    case .due(let end): "the present one expires on \(end.date)"
    case .revoked: "the present one was revoked"
    }
  }
}
