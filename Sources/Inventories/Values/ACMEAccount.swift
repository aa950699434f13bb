package import Diagnostics
package import Fleet

/// An account at a public CA that issues certificates by ACME (RFC 8555): `acme:` of the
/// inventory, or an entry of its `accounts:`.
package struct ACMEAccount: Hashable, Sendable {
  package var name: ACMEAccountName
  /// The URL of the server's directory.
  package var directory: DirectoryURL
  /// Mail addresses to which the server may write.
  package var contact: [MailAddress]
  /// Whether the operator agrees to the server's terms of service.
  package var agreesToTerms: Bool
  /// The keys of the certificates.
  package var key: KeyKind
  /// The customer's credentials, if the server asks for them to register an account.
  package var externalAccount: ExternalAccountPolicy?
  /// The common name of the root in which the chain should end; nil for the server's choice.
  package var preferredChain: String?
  /// The CA certificates that the server's own certificate must lead to; nil for those of the controller's system.
  package var caFile: LocalFile?
  /// How names are proven by DNS; nil if front-ends prove them by HTTP.
  package var dns: DNSChallengePolicy?
  package var place: SourcePlace

  package init(
    name: ACMEAccountName = .default, directory: DirectoryURL = .letsEncrypt,
    contact: [MailAddress] = [], agreesToTerms: Bool = false, key: KeyKind = .ecdsaP256,
    externalAccount: ExternalAccountPolicy? = nil, preferredChain: String? = nil,
    caFile: LocalFile? = nil, dns: DNSChallengePolicy? = nil, place: SourcePlace
  ) {
    self.name = name
    self.directory = directory
    self.contact = contact
    self.agreesToTerms = agreesToTerms
    self.key = key
    self.externalAccount = externalAccount
    self.preferredChain = preferredChain
    self.caFile = caFile
    self.dns = dns
    self.place = place
  }
}

/// Credentials that bind a new account to a customer of the CA (RFC 8555, 7.3.4).
package struct ExternalAccountPolicy: Hashable, Sendable {
  package var keyIdentifier: String
  /// Where the MAC key comes from, as base64url.
  package var macKey: PassphraseSource

  package init(keyIdentifier: String, macKey: PassphraseSource) {
    self.keyIdentifier = keyIdentifier
    self.macKey = macKey
  }
}

/// Programs that make and remove the TXT records of DNS-01 challenges (RFC 8555, 8.4).
package struct DNSChallengePolicy: Hashable, Sendable {
  /// A program and its arguments.
  package var present: [String]
  package var cleanup: [String]
  /// How long the name servers may take to show a record.
  package var timeout: Period
  /// Name servers, with an optional port, that are asked instead of the zone's own.
  package var resolvers: [DNSServer]

  /// Environment variables that the programs get besides the usual ones, such as a provider's token.
  package var environment: [String]

  package static let usualTimeout = Period.seconds(120)

  package init(
    present: [String], cleanup: [String], timeout: Period = Self.usualTimeout,
    resolvers: [DNSServer] = [], environment: [String] = []
  ) {
    self.present = present
    self.cleanup = cleanup
    self.timeout = timeout
    self.resolvers = resolvers
    self.environment = environment
  }
}

/// A site's certificate that is ordered by ACME (`certificate: {acme: …}`).
package struct ACMECertificate: Hashable, Sendable {
  package var account: ACMEAccountName
  /// Names besides the site's domain and aliases, sorted.
  package var names: [CertificateName]
  /// The kind of certificate, if the server offers several, such as `shortlived`.
  package var profile: String?

  package init(
    account: ACMEAccountName = .default, names: [CertificateName] = [], profile: String? = nil
  ) {
    self.account = account
    self.names = names.sorted()
    self.profile = profile
  }
}

extension Site {
  /// What the site's certificate is ordered with; nil if it comes from elsewhere.
  package var acme: ACMECertificate? {
    if case .acme(let certificate) = certificate { certificate } else { nil }
  }

  /// Whether deploy gets the certificate from somewhere when it is due, and keeps it.
  package var isCertificateOrdered: Bool {
    switch certificate {
    case .acme, .command: true
    case .files, .installed, .ca: false
    }
  }

  /// The names that an ordered certificate has to contain: the domain first, the others sorted. Names below a wildcard
  /// are left out, because CAs refuse to issue for both.
  package var orderedNames: [String] {
    let more = acme?.names ?? []
    let wildcards = Set(more.filter(\.isWildcard).map(\.text))
    let names = Set(aliases.map(\.text) + more.map(\.text)).subtracting([domain.text])
    return ([domain.text] + names.sorted()).filter { name in
      wildcards.contains(name)
        || !wildcards.contains("*." + (name.split(separator: ".", maxSplits: 1).last ?? ""))
    }
  }
}

extension Inventory {
  /// The account with which the certificate of a site is ordered; nil if it comes from elsewhere.
  package func acmeAccount(of site: Site) -> ACMEAccount? {
    guard let name = site.acme?.account else { return nil }
    guard let account = acme[name] else {
      preconditionFailure("There is no account \(name). This is a bug in deploy.")
    }
    return account
  }
}
