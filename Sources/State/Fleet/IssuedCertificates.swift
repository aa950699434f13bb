import Fleet

/// The certificates that the CA signed, by host: adding one costs what its host has, not what the fleet has.
///
/// In JSON it is a sorted list.
package struct IssuedCertificates: Hashable, Sendable {
  /// The records of each host, sorted; no host has an empty list.
  private var byHost: [HostName: [IssuanceRecord]] = [:]

  package init(_ records: some Sequence<IssuanceRecord> = []) {
    for (host, own) in Dictionary(grouping: records, by: \.host) {
      byHost[host] = own.sorted { $0.identity < $1.identity }
    }
  }

  /// All records, sorted.
  package var all: [IssuanceRecord] {
    byHost.sorted { $0.key.text < $1.key.text }.flatMap(\.value)
  }

  package var count: Int { byHost.values.map(\.count).reduce(0, +) }

  /// The records of a host, sorted.
  subscript(host: HostName) -> [IssuanceRecord] { byHost[host] ?? [] }

  /// The hosts to which one of these certificates was issued.
  func hosts(with certificates: Set<CertificateRecord>) -> [HostName] {
    byHost.filter { $0.value.contains { certificates.contains($0.certificate) } }.keys.sorted()
  }

  /// Adds a record, unless it is already there.
  mutating func add(_ record: IssuanceRecord) {
    let own = self[record.host]
    let position = own.firstIndex { $0.identity >= record.identity } ?? own.endIndex
    guard position == own.endIndex || own[position].identity != record.identity else { return }
    byHost[record.host, default: []].insert(record, at: position)
  }

  mutating func removeExpired(at now: Timestamp) {
    for (host, own) in byHost where own.contains(where: { $0.certificate.notAfter <= now }) {
      let rest = own.filter { $0.certificate.notAfter > now }
      byHost[host] = rest.isEmpty ? nil : rest
    }
  }
}

extension IssuedCertificates: Codable {
  package init(from decoder: any Decoder) throws {
    self.init(try [IssuanceRecord](from: decoder))
  }

  package func encode(to encoder: any Encoder) throws { try all.encode(to: encoder) }
}

extension IssuanceRecord {
  /// The identity of a record, in the order of the state: a certificate of a renamed host is recorded under
  /// both names.
  fileprivate var identity: Identity {
    Identity(
      host: host, issuer: certificate.issuerKeyIdentifier, serial: certificate.serial, path: path)
  }

  fileprivate struct Identity: Hashable, Comparable {
    var host: HostName
    var issuer: String
    var serial: String
    var path: String

    static func < (left: Self, right: Self) -> Bool {
      (left.host.text, left.issuer, left.serial, left.path)
        < (right.host.text, right.issuer, right.serial, right.path)
    }
  }
}
