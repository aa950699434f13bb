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
  /// Every certificate that the CA signed and that has not expired; sorted.
  package var issued: [IssuanceRecord] { issuedCertificates.all }

  /// Adds certificates, and drops those that have expired.
  package mutating func recordIssued(_ records: [IssuanceRecord], at now: Timestamp) {
    dropExpired(at: now)
    recordIssued(records)
  }

  /// Adds certificates; those that are already recorded do not change.
  package mutating func recordIssued(_ records: [IssuanceRecord]) {
    for record in records { issuedCertificates.add(record) }
  }

  /// Drops the certificates that have expired.
  package mutating func dropExpired(at now: Timestamp) { issuedCertificates.removeExpired(at: now) }

  /// Records the certificates of all recorded releases: a state of version 0.1.0 or a rebuilt one knows no
  /// others.
  package mutating func takeOverInstalledCertificates() {
    for (host, record) in hosts {
      for (path, certificate) in record.release.certificates {
        issuedCertificates.add(
          IssuanceRecord(
            host: host, path: path, certificate: certificate, issuedAt: certificate.notBefore))
      }
    }
  }

  /// Records the release of a host; nil if `deploy` has nothing installed there.
  ///
  /// A renamed host keeps the certificates that were issued to it under its former name.
  package mutating func record(_ record: HostRecord?, of host: HostName) {
    hosts[host] = record
    if record == nil { undrain(host) }
    guard let release = record?.release, !hasIssued(release, to: host) else { return }
    let own = Set(release.certificates.values)
    for earlier in issuedCertificates.hosts(with: own).flatMap({ issuedCertificates[$0] }) {
      var record = earlier
      record.host = host
      issuedCertificates.add(record)
    }
  }

  /// All certificates that were ever issued to a host and have not expired.
  package func issued(to host: HostName, at now: Timestamp) -> [IssuanceRecord] {
    issuedCertificates[host].filter { $0.certificate.notAfter > now }
  }

  /// Whether the CA signed exactly the certificates of a release, for this host.
  package func hasIssued(_ release: ReleaseRecord, to host: HostName) -> Bool {
    let own = issuedCertificates[host].map(\.certificate)
    return release.certificates.values.allSatisfy(own.contains)
  }
}
