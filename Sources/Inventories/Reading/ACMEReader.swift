internal import Diagnostics
import Fleet
internal import YAML

extension ACMEAccount {
  /// Reads `acme:`: the default account, and the others by name.
  static func readAll(
    _ entry: Node.Entry, _ found: inout DiagnosticCollector
  ) -> [ACMEAccountName: ACMEAccount] {
    guard let fields = Fields<ACMEField>(entry.value, at: entry.place, &found)
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
      guard let fields = Fields<ACMEField>(entry.value, at: entry.place, &found)
      else { continue }
      if let nested = fields.entry(.accounts) {
        found.report(.nestedAccounts(at: nested.place))
      }
      accounts[name.value] = read(fields, named: name.value, at: entry.place, &found)
    }
    return accounts
  }

  private static func read(
    _ fields: Fields<ACMEField>, named name: ACMEAccountName, at place: SourcePlace,
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
  fileprivate static func read(
    _ entry: Node.Entry, _ found: inout DiagnosticCollector
  ) -> ExternalAccountPolicy? {
    guard
      let fields = Fields<ExternalAccountField>(entry.value, at: entry.place, &found)
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
  fileprivate static func read(
    _ entry: Node.Entry, _ found: inout DiagnosticCollector
  ) -> DNSChallengePolicy? {
    guard let fields = Fields<DNSChallengeField>(entry.value, at: entry.place, &found)
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
    guard let fields = Fields<ACMECertificateField>(node, &found) else { return nil }
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
