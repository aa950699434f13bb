internal import Diagnostics
import Fleet
internal import YAML

extension CAPolicy {
  /// Reads `ca:`; nil if it has no usable name.
  ///
  /// - Returns: the policy, and the common names of CA and root, which must not be domains, with
  ///   their places.
  static func read(
    _ entry: Node.Entry, _ found: inout DiagnosticCollector
  ) -> (policy: CAPolicy, names: [Placed<CommonName>])? {
    guard let fields = Fields<CAField>(entry.value, at: entry.place, &found)
    else { return nil }
    let name = fields.required(.name, &found)?.placed(CommonName.self, &found)
    let subject = fields[.subject].map { SubjectFields.read($0, &found) }
    let key = fields[.key]?.choice(of: KeyKind.self, &found)
    let validFor = fields[.validFor]?.validity(&found) ?? usualValidity
    let passphrase = fields.entry(.passphrase).flatMap { PassphraseSource.read($0, &found) }
    let certificates = fields.entry(.certificates).map {
      LeafPolicy.read($0, ca: validFor, &found)
    }
    let root = fields.entry(.root).flatMap { RootPolicy.read($0, ca: name, &found) }
    guard let name else { return nil }
    let policy = CAPolicy(
      name: name.value, subject: subject ?? SubjectFields(), key: key ?? .ecdsaP256,
      validFor: validFor, passphrase: passphrase ?? .terminal,
      certificates: certificates ?? LeafPolicy(), root: root?.policy, place: entry.place)
    return (policy, [name] + (root.map { [$0.name] } ?? []))
  }
}

extension RootPolicy {
  /// Reads `ca.root`; nil if it has no usable name.
  ///
  /// - Parameter ca: the common name of the CA, which the root must not have.
  static func read(
    _ entry: Node.Entry, ca: Placed<CommonName>?, _ found: inout DiagnosticCollector
  ) -> (policy: RootPolicy, name: Placed<CommonName>)? {
    guard let fields = Fields<RootField>(entry.value, at: entry.place, &found)
    else { return nil }
    let name = fields.required(.name, &found)?.placed(CommonName.self, &found)
    let key = fields[.key]?.choice(of: KeyKind.self, &found)
    let validFor = fields[.validFor]?.validity(&found)
    guard let name else { return nil }
    if let ca, ca.value == name.value {
      found.report(.rootNamedLikeCA(name.value, at: name.place, ca: ca.place))
    }
    return (
      RootPolicy(name: name.value, key: key ?? .ecdsaP384, validFor: validFor ?? usualValidity),
      name
    )
  }
}

extension SubjectFields {
  /// Reads `ca.subject`; fields with a mistake are left out.
  static func read(_ node: Node, _ found: inout DiagnosticCollector) -> SubjectFields {
    guard let fields = Fields<SubjectField>(node, &found) else { return SubjectFields() }
    return SubjectFields(
      country: fields[.country]?.country(&found),
      organization: fields[.organization]?.subjectText(&found),
      organizationalUnit: fields[.organizationalUnit]?.subjectText(&found),
      locality: fields[.locality]?.subjectText(&found),
      state: fields[.state]?.subjectText(&found))
  }
}

extension PassphraseSource {
  /// Reads the source of a secret: exactly one of `env`, `file`, `command` and `credential`.
  ///
  /// - Parameter secret: the secret with its article, for messages.
  static func read(
    _ entry: Node.Entry, of secret: String = "the passphrase", _ found: inout DiagnosticCollector
  ) -> PassphraseSource? {
    guard
      let fields = Fields<SecretField>(
        entry.value, of: "the source of \(secret)", at: entry.place, &found),
      let (key, node) = fields.exactlyOne(of: .env, .file, .command, .credential, reporting: &found)
    else { return nil }
    switch key {
    case .env: return node.environmentVariable(&found).map { .environment($0) }
    case .file: return node.read(LocalPath.self, &found).map { .file($0) }
    case .command: return node.commandWords(whichPrints: secret, &found).map { .command($0) }
    case .credential: return node.credentialName(&found).map { .credential($0) }
    }
  }
}

extension LeafPolicy {
  /// Reads `ca.certificates`: the key, validity and renewal margin of host certificates.
  ///
  /// - Parameter ca: how long the CA is valid; certificates that would outlive it are reported.
  static func read(
    _ entry: Node.Entry, ca: Period, _ found: inout DiagnosticCollector
  ) -> LeafPolicy {
    var policy = LeafPolicy()
    guard let fields = Fields<LeafField>(entry.value, at: entry.place, &found)
    else { return policy }
    policy.key = fields[.key]?.choice(of: KeyKind.self, &found) ?? policy.key
    let validFor = fields[.validFor]?.validity(&found)
    let renewBefore = fields[.renewBefore]?.period(&found)
    // A period that could not be read says nothing about the other one.
    guard (validFor == nil) == (fields[.validFor] == nil),
      (renewBefore == nil) == (fields[.renewBefore] == nil)
    else { return policy }
    policy.validFor = validFor ?? policy.validFor
    policy.renewBefore = renewBefore ?? policy.renewBefore
    let validity = fields[.validFor]?.place ?? entry.place
    if policy.renewBefore >= policy.validFor {
      found.report(.renewedAtOnce(policy, at: fields[.renewBefore]?.place ?? validity))
    }
    if policy.validFor > ca {
      found.report(.leafOutlivesCA(policy.validFor, ca, at: validity))
    }
    return policy
  }
}

extension Node {
  /// Reads how long a certificate is valid; reports a period of 0.
  fileprivate func validity(_ found: inout DiagnosticCollector) -> Period? {
    guard let period = period(&found) else { return nil }
    guard period > .seconds(0) else {
      found.report(.emptyValidity(at: place))
      return nil
    }
    return period
  }

  /// Reads two upper-case letters; lower-case ones are reported with the code to write.
  fileprivate func country(_ found: inout DiagnosticCollector) -> String? {
    value(
      noun: "a country", rule: "two upper-case letters (ISO 3166)", &found,
      repair: { $0.uppercased() },
      parse: { text in
        let isCode =
          text.utf8.count == 2
          && text.utf8.allSatisfy((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains)
        return isCode ? text : nil
      })
  }

  /// Reads a field of a distinguished name: at most 64 characters.
  fileprivate func subjectText(_ found: inout DiagnosticCollector) -> String? {
    value(noun: "a subject field", rule: CommonName.limits(upTo: 64), &found) {
      CommonName.isDistinguishedText($0, upTo: 64) ? $0 : nil
    }
  }

  /// Reads the name of a credential of a systemd service, which is a file name there.
  fileprivate func credentialName(_ found: inout DiagnosticCollector) -> String? {
    value(
      noun: "a credential", rule: "letters, digits, \".\", \"_\" and \"-\", not first a dot",
      &found,
      parse: { text in
        let isName =
          (1...255).contains(text.utf8.count) && !text.hasPrefix(".")
          && text.utf8.allSatisfy { $0.isLetterOrDigit || "._-".utf8.contains($0) }
        return isName ? text : nil
      })
  }

  /// Reads the name of an environment variable, not its value.
  func environmentVariable(_ found: inout DiagnosticCollector) -> String? {
    value(
      noun: "an environment variable",
      rule: "letters, digits and underscores, not first a digit", &found,
      parse: { text in
        let isName =
          text.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "_") }
          && text.utf8.first.map { !$0.isDigit } ?? false
        return isName ? text : nil
      })
  }
}
