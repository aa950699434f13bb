internal import Diagnostics
import Fleet
internal import YAML

extension ACMEAccount {
  private enum Key: String, CaseIterable {
    case directory, contact, key, dns, accounts
    case termsAgreed = "terms_agreed"
    case externalAccount = "external_account"
    case preferredChain = "preferred_chain"
    case caFile = "ca_file"
  }

  /// Reads `acme:`: the default account, and the others by name.
  static func readAll(
    _ entry: Node.Entry, _ found: inout DiagnosticCollector
  ) -> [ACMEAccountName: ACMEAccount] {
    guard let fields = Fields<Key>(entry.value, of: "the ACME account", at: entry.place, &found)
    else { return [:] }
    var accounts = [
      ACMEAccountName.default: read(fields, named: .default, at: entry.place, &found)
    ]
    for entry in fields[.accounts]?.entries(&found) ?? [] {
      guard let name = entry.name(ACMEAccountName.self, &found) else { continue }
      guard name.value != .default else {
        found.report(.accountNamedDefault(at: name.place))
        continue
      }
      guard let fields = Fields<Key>(entry.value, of: "the ACME account", at: entry.place, &found)
      else { continue }
      if let nested = fields.entry(.accounts) {
        found.report(.nestedAccounts(at: nested.place))
      }
      accounts[name.value] = read(fields, named: name.value, at: entry.place, &found)
    }
    return accounts
  }

  private static func read(
    _ fields: Fields<Key>, named name: ACMEAccountName, at place: SourcePlace,
    _ found: inout DiagnosticCollector
  ) -> ACMEAccount {
    var account = ACMEAccount(name: name, place: place)
    account.directory =
      fields[.directory]?.read(DirectoryURL.self, &found) ?? account.directory
    account.contact =
      fields[.contact].map {
        $0.oneOrMore(
          MailAddress.self,
          ifNone: "Name a mail address that the CA may write to, or remove the key.", &found)
      } ?? []
    account.agreesToTerms = fields[.termsAgreed]?.boolean(&found) ?? false
    account.key = fields[.key].flatMap { publicKey($0, &found) } ?? account.key
    account.externalAccount = fields.entry(.externalAccount).flatMap {
      ExternalAccountPolicy.read($0, &found)
    }
    account.preferredChain = fields[.preferredChain]?.value(
      noun: "the common name of a root", rule: CommonName.limits(upTo: 64), &found,
      parse: { CommonName.isDistinguishedText($0, upTo: 64) ? $0 : nil })
    account.caFile = fields[.caFile]?.localFile(&found)
    account.dns = fields.entry(.dns).flatMap { DNSChallengePolicy.read($0, &found) }
    return account
  }

  /// Reads the kind of the keys; reports Ed25519, for which no public CA issues certificates.
  private static func publicKey(_ node: Node, _ found: inout DiagnosticCollector) -> KeyKind? {
    guard let kind = node.choice(of: KeyKind.self, &found) else { return nil }
    guard kind != .ed25519 else {
      found.report(.keyOfNoPublicCA(kind, at: node.place))
      return nil
    }
    return kind
  }
}

extension ExternalAccountPolicy {
  private enum Key: String, CaseIterable {
    case keyIdentifier = "key_id"
    case macKey = "mac_key"
  }

  fileprivate static func read(
    _ entry: Node.Entry, _ found: inout DiagnosticCollector
  ) -> ExternalAccountPolicy? {
    guard
      let fields = Fields<Key>(entry.value, of: "the external account", at: entry.place, &found)
    else { return nil }
    let identifier = fields.required(.keyIdentifier, &found)?.value(
      noun: "a key identifier", rule: "1 to 1024 printable ASCII characters", &found,
      parse: { text in
        (1...1024).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
          ? text : nil
      })
    let macKey = fields.requiredEntry(.macKey, &found).flatMap {
      PassphraseSource.read($0, of: "the MAC key", &found)
    }
    guard let identifier, let macKey else { return nil }
    return ExternalAccountPolicy(keyIdentifier: identifier, macKey: macKey)
  }
}

extension DNSChallengePolicy {
  private enum Key: String, CaseIterable {
    case present, cleanup, timeout, resolvers, environment
  }

  fileprivate static func read(
    _ entry: Node.Entry, _ found: inout DiagnosticCollector
  ) -> DNSChallengePolicy? {
    guard let fields = Fields<Key>(entry.value, of: "the DNS challenge", at: entry.place, &found)
    else { return nil }
    let present = fields.required(.present, &found)?.commandWords(
      ifEmpty: "Name the program that makes the TXT record, and its words.", &found)
    let cleanup = fields.required(.cleanup, &found)?.commandWords(
      ifEmpty: "Name the program that removes the TXT record, and its words.", &found)
    let timeout = fields[.timeout]?.someTime(&found)
    let resolvers = fields[.resolvers]?.oneOrMore(
      DNSServer.self,
      ifNone: "Name a name server, or remove the key to ask those of the zone.", &found)
    let environment = (fields[.environment]?.elements(&found) ?? []).compactMap {
      $0.environmentVariable(&found)
    }
    guard let present, let cleanup else { return nil }
    return DNSChallengePolicy(
      present: present, cleanup: cleanup, timeout: timeout ?? usualTimeout,
      resolvers: resolvers ?? [], environment: environment)
  }
}

extension ACMECertificate {
  private enum Key: String, CaseIterable {
    case account, names, profile
  }

  /// Reads `certificate.acme`: `true`, the name of an account, or a mapping.
  ///
  /// - Returns: the certificate, and the account's name with the place where it is named.
  static func read(
    _ node: Node, _ found: inout DiagnosticCollector
  ) -> (certificate: ACMECertificate, account: Placed<ACMEAccountName>)? {
    let usual = Placed(value: ACMEAccountName.default, place: node.place)
    guard case .mapping = node.content else {
      if node.isTrue { return (ACMECertificate(), usual) }
      return node.placed(ACMEAccountName.self, &found).map {
        (ACMECertificate(account: $0.value), $0)
      }
    }
    guard let fields = Fields<Key>(node, of: "the ACME certificate", &found) else { return nil }
    let account = fields[.account].map { $0.placed(ACMEAccountName.self, &found) } ?? usual
    let names = (fields[.names]?.elements(&found) ?? []).compactMap {
      $0.read(CertificateName.self, &found)
    }
    let profile = fields[.profile]?.value(
      noun: "a profile", rule: "1 to 64 printable ASCII characters without spaces", &found,
      parse: { text in
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
          ? text : nil
      })
    return account.map {
      (ACMECertificate(account: $0.value, names: names, profile: profile), $0)
    }
  }
}
