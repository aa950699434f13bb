package import Fleet

/// The record of what `deploy` has installed on a fleet. It has no secrets, so it can be kept in git.
package struct FleetState: Hashable, Sendable, Codable {
  /// The version of this format.
  package static let currentVersion = 2

  package var version: Int
  package var fleet: String
  /// A random identifier that is made with the state and distinguishes fleets of the same name.
  package var lineage: String
  /// Increases with every write.
  package var serial: Int
  /// Oldest first; the last one signs.
  package var caGenerations: [CAGeneration]
  /// Every certificate that the CA signed and that has not expired.
  var issuedCertificates: IssuedCertificates
  /// The CA generations that were rotated out.
  package var retiredCAs: [RetiredCA]
  /// The keys that sign manifests, oldest first; the last one signs, the others are still known.
  package var fleetKeys: [FleetKey]
  /// The manifests that this state has sent to each host, recorded before they are sent.
  package var manifests: [HostName: InstalledManifests]
  /// Certificates that are revoked and have not expired.
  package var revocations: [Revocation]
  /// The rotation of certificates in progress, if any.
  package var rotation: CertificateRotation?
  package var hosts: [HostName: HostRecord]
  /// The back-ends that get no requests from front-ends, although the inventory has them.
  package var drained: [HostName: HostDrain]
  /// The sites whose front-ends answer that they are in maintenance; sorted.
  package var maintenance: [SiteMaintenance]

  private enum CodingKeys: String, CodingKey {
    case version, fleet, lineage, serial, caGenerations
    case issuedCertificates = "issued"
    case retiredCAs, fleetKeys, manifests, revocations, rotation, hosts, drained, maintenance
  }

  package init(fleet: String, lineage: String) {
    self.version = Self.currentVersion
    self.fleet = fleet
    self.lineage = lineage
    self.serial = 0
    self.caGenerations = []
    self.issuedCertificates = IssuedCertificates()
    self.retiredCAs = []
    self.fleetKeys = []
    self.manifests = [:]
    self.revocations = []
    self.hosts = [:]
    self.drained = [:]
    self.maintenance = []
  }
}

/// One generation of the CA, with its public certificate.
package struct CAGeneration: Hashable, Sendable, Codable {
  package var generation: Int
  package var commonName: String
  /// The subject key identifier in lower-case hex; leaves have it as their authority key identifier.
  package var keyIdentifier: String
  /// SHA-256 of the certificate's DER in lower-case hex.
  package var fingerprint: String
  package var notBefore: Timestamp
  package var notAfter: Timestamp
  /// The certificate itself.
  package var certificate: String
  package var status: Status
  /// Its latest known revocation list, as PEM.
  package var revocationList: String?

  package init(
    generation: Int, commonName: String, keyIdentifier: String, fingerprint: String,
    notBefore: Timestamp, notAfter: Timestamp, certificate: String, status: Status = .signing,
    revocationList: String? = nil
  ) {
    self.generation = generation
    self.commonName = commonName
    self.keyIdentifier = keyIdentifier
    self.fingerprint = fingerprint
    self.notBefore = notBefore
    self.notAfter = notAfter
    self.certificate = certificate
    self.status = status
    self.revocationList = revocationList
  }
}

extension FleetState {
  /// The CA generation that signs; nil before there is one.
  package var signingCA: CAGeneration? { caGenerations.signing }

  /// The CA generations that hosts trust after a complete run, oldest first.
  package var trustedCAs: [CAGeneration] { caGenerations.trusted }
}

extension [CAGeneration] {
  /// The CA generations that are not retiring; the last one signs.
  package var trusted: [CAGeneration] { filter { $0.status != .retiring } }

  package var signing: CAGeneration? { last { $0.status != .retiring } }
}

/// The record of what `deploy` has installed on one host, and the host's address at that time.
package struct HostRecord: Hashable, Sendable, Codable {
  package var address: IPAddress
  package var roles: HostRoles
  package var release: ReleaseRecord
  package var appliedAt: Timestamp
  /// User and machine, such as `ann@laptop`.
  package var appliedBy: String

  package init(
    address: IPAddress, roles: HostRoles, release: ReleaseRecord, appliedAt: Timestamp,
    appliedBy: String
  ) {
    self.address = address
    self.roles = roles
    self.release = release
    self.appliedAt = appliedAt
    self.appliedBy = appliedBy
  }
}

/// The record of a release: the numbered set of files that `deploy` installed on a host.
package struct ReleaseRecord: Hashable, Sendable, Codable {
  package var number: ReleaseNumber
  /// By path below the release's folder.
  package var files: [String: FileRecord]
  /// The leaf certificates of the private CA, by the path of the certificate.
  package var certificates: [String: CertificateRecord]
  package var facts: EdgeFacts
  /// The release that was current before the run, if the run installed transition releases in between.
  package var replaces: ReleaseBefore?

  package init(
    number: ReleaseNumber, files: [String: FileRecord], certificates: [String: CertificateRecord],
    facts: EdgeFacts = EdgeFacts(), replaces: ReleaseBefore? = nil
  ) {
    self.number = number
    self.files = files
    self.certificates = certificates
    self.facts = facts
    self.replaces = replaces
  }
}

/// The digest of one file of an installed release, and whether the file is secret.
package struct FileRecord: Hashable, Sendable, Codable {
  /// SHA-256 in lower-case hex.
  package var digest: String
  package var isSecret: Bool

  package init(digest: String, isSecret: Bool) {
    self.digest = digest
    self.isSecret = isSecret
  }
}

/// The public facts of a leaf certificate.
package struct CertificateRecord: Hashable, Sendable, Codable {
  /// Lower-case hex.
  package var serial: String
  package var issuer: String
  /// The issuer's subject key identifier in lower-case hex.
  package var issuerKeyIdentifier: String
  package var commonName: String
  /// Sorted.
  package var names: [String]
  package var key: String
  package var notBefore: Timestamp
  package var notAfter: Timestamp

  package init(
    serial: String, issuer: String, issuerKeyIdentifier: String, commonName: String,
    names: [String], key: String, notBefore: Timestamp, notAfter: Timestamp
  ) {
    self.serial = serial
    self.issuer = issuer
    self.issuerKeyIdentifier = issuerKeyIdentifier
    self.commonName = commonName
    self.names = names
    self.key = key
    self.notBefore = notBefore
    self.notAfter = notAfter
  }
}

extension CAGeneration {
  /// The role of a CA generation after a complete run.
  package enum Status: String, Hashable, Sendable, Codable {
    /// Trusted, and issues certificates.
    case signing
    /// Trusted, but no longer issues certificates.
    case trusted
    /// Will no longer be trusted; it is kept while some hosts may still need it.
    case retiring
  }
}
