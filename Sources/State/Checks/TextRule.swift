import Diagnostics
import Fleet

/// The form that a text in a state, a manifest or a saved plan must have.
package enum TextRule: Sendable {
  case fleetName, hostName, domainName, address, range
  /// A DNS name in a certificate.
  case dnsName
  /// Lower-case hexadecimal digits: serials, key identifiers, digests.
  case hex
  /// One word: a lineage, a role, a kind of key.
  case word
  /// One line for readers.
  case line
  /// A certificate as PEM.
  case certificate
  /// A revocation list as PEM, which grows with the number of revocations.
  case revocationList
  /// The path of a file below the folder of a release.
  case filePath

  package func accepts(_ text: String) -> Bool {
    switch self {
    case .fleetName: FleetName(text) != nil
    case .hostName: HostName(text) != nil
    case .domainName: DomainName(text) != nil
    case .address: IPAddress(text) != nil
    case .range: AddressRange(text) != nil
    case .dnsName: DomainName(text) != nil || HostName(text) != nil
    case .hex:
      (1...128).contains(text.utf8.count)
        && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    case .word: (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(\.isOfWord)
    case .line:
      text.utf8.count <= 4000
        && (text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
          || !text.unicodeScalars.contains { $0.isDeceptive || $0 == "\n" })
    case .certificate: text.isPEM(atMost: 1 << 16)
    case .revocationList: text.isPEM(atMost: 1 << 24)
    case .filePath:
      (1...1024).contains(text.utf8.count)
        && text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
          .allSatisfy(\.isFileName)
    }
  }

  /// The form with its article, as the end of a sentence.
  package var description: String {
    switch self {
    case .fleetName: FleetName.noun
    case .hostName: HostName.noun
    case .domainName: DomainName.noun
    case .address: "an IP address"
    case .range: "an address range"
    case .dnsName: "a DNS name"
    case .hex: "lower-case hexadecimal"
    case .word: "a word of letters, digits, dots, underscores and hyphens"
    case .line: "one line without control characters"
    case .certificate: "a certificate as PEM"
    case .revocationList: "a revocation list as PEM"
    case .filePath: "the path of a file of a release"
    }
  }
}

extension Substring.UTF8View {
  /// Whether it names a file, and not a folder such as `..`, or something that a program would take for an option.
  fileprivate var isFileName: Bool {
    guard let first, first != UInt8(ascii: "-") else { return false }
    return allSatisfy(\.isOfFileName) && !(count <= 2 && allSatisfy { $0 == UInt8(ascii: ".") })
  }
}

extension UInt8 {
  fileprivate var isOfFileName: Bool {
    isOfWord || self == UInt8(ascii: "@") || self == UInt8(ascii: "+") || self == UInt8(ascii: "~")
  }

  fileprivate var isOfWord: Bool {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

extension String {
  fileprivate func isPEM(atMost limit: Int) -> Bool {
    (1...limit).contains(utf8.count)
      && utf8.allSatisfy { (0x20...0x7E).contains($0) || $0 == UInt8(ascii: "\n") }
  }
}
