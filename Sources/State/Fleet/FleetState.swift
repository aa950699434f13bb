package import Fleet

/// What `deploy` left on a fleet: public facts only, so that it can be reviewed and kept in git.
package struct FleetState: Hashable, Sendable, Codable {
  /// The version of this format.
  package static let currentVersion = 2

  package var version: Int
  package var fleet: String
  /// Made once, when the state is; tells two fleets of one name apart.
  package var lineage: String
  /// Grows with every write.
  package var serial: Int
  /// Oldest first; the last one signs.
  package var caGenerations: [CAGeneration]
  /// Every certificate that the CA signed and that has not expired; sorted.
  package internal(set) var issued: [IssuanceRecord]
  /// Those that were rotated out.
  package var retiredCAs: [RetiredCA]
  /// The keys that sign manifests, oldest first; the last one signs, the others are known still.
  package var fleetKeys: [FleetKey]
  /// By host, what this state has sent there: written before it is sent.
  package var manifests: [HostName: InstalledManifests]
  /// Certificates that are not to be accepted any more, though they have not ended.
  package var revocations: [Revocation]
  /// Nil where none is under way.
  package var rotation: CertificateRotation?
  package var hosts: [HostName: HostRecord]

  package init(fleet: String, lineage: String) {
    self.version = Self.currentVersion
    self.fleet = fleet
    self.lineage = lineage
    self.serial = 0
    self.caGenerations = []
    self.issued = []
    self.retiredCAs = []
    self.fleetKeys = []
    self.manifests = [:]
    self.revocations = []
    self.hosts = [:]
  }
}

/// A generation of the CA, by its public certificate.
package struct CAGeneration: Hashable, Sendable, Codable {
  package var generation: Int
  package var commonName: String
  /// The subject key identifier in lower-case hex; what leaves name as their issuer.
  package var keyIdentifier: String
  /// SHA-256 of the certificate's DER in lower-case hex.
  package var fingerprint: String
  package var notBefore: Timestamp
  package var notAfter: Timestamp
  /// The certificate itself.
  package var certificate: String
  package var status: Status
  /// The last list of what it has revoked that is known to have been signed, as PEM.
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

  /// The CA generations that hosts accept when all is done, oldest first.
  package var trustedCAs: [CAGeneration] { caGenerations.trusted }
}

extension [CAGeneration] {
  /// Those that are not to be removed: of these the last one signs.
  package var trusted: [CAGeneration] { filter { $0.status != .retiring } }

  package var signing: CAGeneration? { last { $0.status != .retiring } }
}

/// What `deploy` left on one host, and at which address it was: how it is reached, the inventory says.
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

/// The numbered set of files that `deploy` installed on a host.
package struct ReleaseRecord: Hashable, Sendable, Codable {
  package var number: Int
  /// By path below the release's folder.
  package var files: [String: FileRecord]
  /// The leaf certificates of the private CA, by the path of the certificate.
  package var certificates: [String: CertificateRecord]
  package var facts: EdgeFacts
  /// The release that was in force before the run, where the run went through others in between.
  package var replaces: Int?

  package init(
    number: Int, files: [String: FileRecord], certificates: [String: CertificateRecord],
    facts: EdgeFacts = EdgeFacts(), replaces: Int? = nil
  ) {
    self.number = number
    self.files = files
    self.certificates = certificates
    self.facts = facts
    self.replaces = replaces
  }
}

/// One file of a release.
package struct FileRecord: Hashable, Sendable, Codable {
  /// SHA-256 in lower-case hex.
  package var digest: String
  package var isSecret: Bool

  package init(digest: String, isSecret: Bool) {
    self.digest = digest
    self.isSecret = isSecret
  }
}

/// A leaf certificate, by its public facts.
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
  /// What a generation of the CA is to be in the end.
  package enum Status: String, Hashable, Sendable, Codable {
    /// Trusted, and what issues certificates.
    case signing
    /// Trusted, and issues nothing any more.
    case trusted
    /// To be trusted by no host in the end; until then it is known, for some hosts may still need it.
    case retiring
  }
}
