/// The content of a CA's certificate.
package struct CARequest: Hashable, Sendable {
  /// 1 to 64 characters (RFC 5280, appendix A.1); each CA of a fleet needs its own.
  package var commonName: String
  /// Two upper-case letters.
  package var country: String?
  package var organization: String?
  package var organizationalUnit: String?
  package var locality: String?
  package var state: String?
  package var key: KeyAlgorithm
  /// In seconds from the moment of issue.
  package var validFor: Int64
  /// Whether it signs CAs, which sign the certificates of hosts.
  package var isRoot: Bool

  package init(
    commonName: String, country: String? = nil, organization: String? = nil,
    organizationalUnit: String? = nil, locality: String? = nil, state: String? = nil,
    key: KeyAlgorithm, validFor: Int64, isRoot: Bool = false
  ) {
    self.commonName = commonName
    self.country = country
    self.organization = organization
    self.organizationalUnit = organizationalUnit
    self.locality = locality
    self.state = state
    self.key = key
    self.validFor = validFor
    self.isRoot = isRoot
  }

  func validate(_ operation: Operation) throws(CertificateError) {
    for text in [commonName, organization, organizationalUnit, locality, state].compactMap(\.self) {
      try operation.requirePrintable(text)
    }
    if let country {
      try operation.require(
        country.utf8.count == 2 && country.utf8.allSatisfy { (0x41...0x5A).contains($0) },
        .requestRefused, "the country \"\(country)\" is not two upper-case letters")
    }
  }
}

/// The content of a host's certificate.
package struct LeafRequest: Hashable, Sendable {
  package var role: CertificateRole
  /// 1 to 64 characters (RFC 5280, appendix A.1).
  package var commonName: String
  /// At least one; lower-case letters, digits, hyphens and dots.
  package var dnsNames: [String]
  package var key: KeyAlgorithm
  /// In seconds from the moment of issue; shortened to the end of the CA.
  package var validFor: Int64

  package init(
    role: CertificateRole, commonName: String, dnsNames: [String], key: KeyAlgorithm,
    validFor: Int64
  ) {
    self.role = role
    self.commonName = commonName
    self.dnsNames = dnsNames
    self.key = key
    self.validFor = validFor
  }

  func validate(_ operation: Operation) throws(CertificateError) {
    try operation.requirePrintable(commonName)
    try operation.require(
      !dnsNames.isEmpty, .requestRefused,
      "it contains no DNS name, and clients do not check the common name alone")
    for name in dnsNames {
      try operation.require(
        isDNSName(name), .requestRefused,
        "\"\(name)\" is not a DNS name of lower-case letters, digits, inner hyphens and dots")
    }
  }
}

extension Operation {
  fileprivate func requirePrintable(_ text: String) throws(CertificateError) {
    let scalars = text.unicodeScalars
    try require(
      (1...64).contains(scalars.count) && scalars.allSatisfy(\.isPrintable)
        && scalars.first != " " && scalars.last != " ",
      .requestRefused,
      "\(text.debugDescription) is not 1 to 64 printable characters without outer spaces")
  }
}

/// RFC 1123, 2.1; not an IPv4 address, whose last label is all digits.
private func isDNSName(_ name: String) -> Bool {
  let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
  let isEachLabelValid = labels.allSatisfy { label in
    (1...63).contains(label.count) && label.first != UInt8(ascii: "-")
      && label.last != UInt8(ascii: "-")
      && label.allSatisfy { isDigit($0) || (0x61...0x7A).contains($0) || $0 == 0x2D }
  }
  return name.utf8.count <= 253 && isEachLabelValid
    && labels.last?.allSatisfy(isDigit) == false
}

private func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
