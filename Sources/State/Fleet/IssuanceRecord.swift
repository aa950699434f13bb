package import Fleet

/// A certificate that the CA signed for a host, recorded before it is sent to the host.
///
/// It is kept until the certificate has expired, even if the host no longer uses it: an earlier release
/// on the host's disk still has the key.
package struct IssuanceRecord: Hashable, Sendable, Codable {
  package var host: HostName
  /// The path of the certificate below the release's folder, from which its purpose follows.
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

  /// Records the certificates of all recorded releases: a state of version 0.1.0 or a rebuilt one knows no
  /// others.
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

  /// Records the release of a host; nil if `deploy` has nothing installed there.
  ///
  /// A renamed host keeps the certificates that were issued to it under its former name.
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

  /// All certificates that were ever issued to a host and have not expired.
  package func issued(to host: HostName, at now: Timestamp) -> [IssuanceRecord] {
    issued(to: host).filter { $0.certificate.notAfter > now }
  }

  /// A binary search, because the records are sorted by host and large fleets have many.
  private func issued(to host: HostName) -> ArraySlice<IssuanceRecord> {
    issued.sortedRun(of: host, by: \.host)
  }

  /// Whether the CA signed exactly the certificates of a release, for this host.
  package func hasIssued(_ release: ReleaseRecord, to host: HostName) -> Bool {
    let own = issued(to: host).map(\.certificate)
    return release.certificates.values.allSatisfy(own.contains)
  }
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
      (left.host, left.issuer, left.serial, left.path)
        < (right.host, right.issuer, right.serial, right.path)
    }
  }
}
