package import Fleet

/// A certificate that the CA signed for a host, as the state has it before the host does.
///
/// It stays until the certificate has expired, whatever the host says and wherever the host goes: a
/// release before the current one, on the host's disk, holds the key still.
package struct IssuanceRecord: Hashable, Sendable, Codable {
  package var host: HostName
  /// Where the certificate is on the host, below the release's folder; it tells what it is for.
  package var path: String
  package var certificate: CertificateRecord
  package var issuedAt: Timestamp

  package init(
    host: HostName, path: String, certificate: CertificateRecord, issuedAt: Timestamp
  ) {
    self.host = host
    self.path = path
    self.certificate = certificate
    self.issuedAt = issuedAt
  }
}

extension FleetState {
  /// Adds certificates, and drops those that have expired.
  package mutating func recordIssued(_ records: [IssuanceRecord], at now: Timestamp) {
    var known = issued.filter { $0.certificate.notAfter > now }
    let present = Set(known.map(\.identity))
    known += records.filter { !present.contains($0.identity) }
    issued = known.sorted { $0.identity < $1.identity }
  }

  /// Takes over the certificates that hosts are recorded to have: a state of version 0.1.0, or one that was
  /// rebuilt, knows no others.
  package mutating func takeOverInstalledCertificates() {
    let known = Set(issued.map(\.identity))
    let missing = hosts.flatMap { host, record in
      record.release.certificates.map { path, certificate in
        IssuanceRecord(
          host: host, path: path, certificate: certificate, issuedAt: certificate.notBefore)
      }
    }.filter { !known.contains($0.identity) }
    guard !missing.isEmpty else { return }
    issued = (issued + missing).sorted { $0.identity < $1.identity }
  }

  /// Records what a host has; nil if it has nothing of `deploy`.
  ///
  /// A host that was renamed brings along what was issued to it under the name before.
  package mutating func record(_ record: HostRecord?, of host: HostName) {
    hosts[host] = record
    guard let release = record?.release, !hasIssued(release, to: host) else { return }
    let own = Set(release.certificates.values)
    let names = Set(issued.lazy.filter { own.contains($0.certificate) }.map(\.host))
    let inherited = issued.filter { names.contains($0.host) }.map { earlier in
      var record = earlier
      record.host = host
      return record
    }
    let known = Set(issued.map(\.identity))
    issued += inherited.filter { !known.contains($0.identity) }
    issued.sort { $0.identity < $1.identity }
  }

  /// The certificates that a host was ever given and that have not expired.
  package func issued(to host: HostName, at now: Timestamp) -> [IssuanceRecord] {
    issued(to: host).filter { $0.certificate.notAfter > now }
  }

  /// The records are sorted by host, and there are as many as the fleet is large.
  private func issued(to host: HostName) -> ArraySlice<IssuanceRecord> {
    issued.sortedRun(of: host, by: \.host)
  }

  /// Whether the CA signed each certificate of a release, as the release has it, for this very host.
  package func hasIssued(_ release: ReleaseRecord, to host: HostName) -> Bool {
    let own = issued(to: host).map(\.certificate)
    return release.certificates.values.allSatisfy(own.contains)
  }
}

extension IssuanceRecord {
  /// What tells two records apart, in the order of the state: a certificate of a host that was renamed
  /// is recorded under both names.
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
      (left.host, left.issuer, left.serial, left.path)
        < (right.host, right.issuer, right.serial, right.path)
    }
  }
}
