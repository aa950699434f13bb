import Diagnostics

/// The CAA records that govern a name (RFC 8659): which CAs may issue certificates for it.
package struct CAAPolicy: Hashable, Sendable {
  /// One record: `0 issue "letsencrypt.org; validationmethods=dns-01"`.
  struct Property: Hashable, Sendable {
    let isCritical: Bool
    /// In lower case.
    let tag: String
    let value: String
  }

  /// The name that has the records, with the final dot; nil if no name has any.
  package let owner: String?
  let properties: [Property]

  /// The tags that CAs understand; another one with the critical flag forbids issuing.
  private static let knownTags: Set<String> = [
    "issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone",
  ]

  /// Why a CA would refuse to issue a certificate for a name; nil if it would not.
  ///
  /// - Parameters:
  ///   - ca: the domains by which CAA records name the CA, such as `letsencrypt.org`.
  ///   - name: `*.` begins a wildcard's name.
  ///   - kind: how the name is proven, which records can restrict (RFC 8657).
  ///   - account: the account's URL, which records can restrict as well; nil if it is not known yet.
  package func objection(
    to ca: Set<String>, for name: String, by kind: ChallengeKind, account: String? = nil
  ) -> String? {
    guard let owner else { return nil }
    let place = "the CAA records of \(HostText(owner))"
    if let unknown = properties.first(where: { $0.isCritical && !Self.knownTags.contains($0.tag) })
    {
      return "\(place) have the critical property \"\(HostText(unknown.tag))\""
    }
    let wild = properties.filter { $0.tag == "issuewild" }
    let isWild = name.hasPrefix("*.") && !wild.isEmpty
    let rules = (isWild ? wild : properties.filter { $0.tag == "issue" }).map { Rule($0.value) }
    guard !rules.isEmpty else { return nil }
    let ours = rules.filter { ca.contains($0.issuer) }
    guard !ours.isEmpty else {
      let named = Set(rules.map(\.issuer)).subtracting([""]).sorted().map { HostText($0).text }
      return "\(place) allow "
        + (named.isEmpty ? "no CA" : "only \(named.joined(separator: ", "))")
        + ", and not \(ca.sorted().joined(separator: ", "))"
    }
    guard ours.contains(where: { $0.allows(kind) }) else {
      return "\(place) do not allow \(kind.rawValue)"
    }
    guard ours.contains(where: { $0.allows(kind) && $0.allows(account: account) }) else {
      return "\(place) allow other accounts only"
    }
    return nil
  }
}

extension CAAPolicy {
  /// The value of an issue or issuewild property: an issuer and its parameters (RFC 8659, 4.2).
  private struct Rule {
    /// In lower case; empty if no CA may issue.
    let issuer: String
    private let parameters: [String: String]

    init(_ value: String) {
      let parts = value.split(separator: ";", omittingEmptySubsequences: false).map(\.trimmed)
      issuer = (parts.first ?? "").lowercased()
      var parameters: [String: String] = [:]
      for part in parts.dropFirst() {
        let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if pair.count == 2 { parameters[pair[0].trimmed.lowercased()] = String(pair[1].trimmed) }
      }
      self.parameters = parameters
    }

    func allows(_ kind: ChallengeKind) -> Bool {
      guard let methods = parameters["validationmethods"] else { return true }
      return methods.split(separator: ",").contains { $0.trimmed == kind.rawValue }
    }

    func allows(account: String?) -> Bool {
      guard let wanted = parameters["accounturi"], let account else { return true }
      return wanted == account
    }
  }
}

extension DNSClient {
  /// Finds the CAA records that govern a name: its own, or those of the next name above it (RFC 8659, 3).
  ///
  /// - Parameter name: `*.` begins a wildcard's name.
  package func caaPolicy(for name: String) async throws(DNSError) -> CAAPolicy {
    var next: String? = (name.hasPrefix("*.") ? String(name.dropFirst(2)) : name) + "."
    while let owner = next {
      let records = try await look(up: owner, "CAA").records("CAA")
      if !records.isEmpty {
        return CAAPolicy(owner: owner, properties: records.compactMap(CAAPolicy.Property.init))
      }
      next = Self.parent(of: owner)
    }
    return CAAPolicy(owner: nil, properties: [])
  }
}

extension CAAPolicy.Property {
  /// Nil if the record's data is not CAA's.
  init?(_ record: DNSRecord) {
    let words = record.strings
    guard words.count == 3, let flags = UInt8(words[0]) else { return nil }
    self.init(isCritical: flags & 0x80 != 0, tag: words[1].lowercased(), value: words[2])
  }
}
