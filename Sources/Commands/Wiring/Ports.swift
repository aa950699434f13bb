import Certificates
import Execution
import Fleet
import Foundation
import Inventories
import Planning
import State
import StateFiles

/// Signs with the authority, which is unlocked when the first certificate is asked for and once a run.
actor AuthoritySigner: CertificateIssuer {
  private let keyring: AuthorityKeyring
  private let signing: AuthorityRecord?
  private let trusted: CertificateBundle?

  init(_ keyring: AuthorityKeyring, _ authorities: [AuthorityRecord]) throws {
    self.keyring = keyring
    signing = authorities.signing
    trusted =
      authorities.isEmpty
      ? nil : try CertificateBundle(pem: authorities.map(\.certificate).joined())
  }

  /// Unlocks now, so that a wrong passphrase is found before a host is touched.
  func unlock() async throws {
    guard let signing else { return }
    _ = try await keyring.authority(signing)
  }

  func issue(_ certificate: PlannedCertificate) async throws -> IssuedCertificate {
    guard let signing, let trusted, let key = KeyAlgorithm(rawValue: certificate.key) else {
      preconditionFailure(
        "A certificate was planned without an authority. This is a bug in deploy.")
    }
    let authority = try await keyring.authority(signing)
    do {
      let leaf = try Self.issue(certificate, key, authority, trusted)
      return IssuedCertificate(
        certificate: leaf.certificatePEM,
        key: leaf.privateKeyPEM.withUnsafeBytes { SecretContent(Array($0)) },
        record: CertificateRecord(leaf.facts, key: certificate.key))
    } catch {
      throw HostFault("its \(certificate.path) cannot be signed: \(error)")
    }
  }

  private static func issue(
    _ certificate: PlannedCertificate, _ key: KeyAlgorithm, _ authority: CertificateAuthority,
    _ trusted: CertificateBundle
  ) throws -> IssuedLeaf {
    let now = Timestamp.current.secondsSince1970
    let role: CertificateRole = certificate.purpose == .server ? .server : .client
    let leaf = try authority.issue(
      LeafRequest(
        role: role, commonName: certificate.commonName, dnsNames: certificate.names, key: key,
        validFor: certificate.validFor),
      now: now)
    for name in certificate.names {
      // `nginx -t` accepts any certificate: what it would refuse later is found here.
      try trusted.verify(leafPEM: leaf.certificatePEM, as: role, name: name, at: now)
    }
    return leaf
  }
}

extension CertificateRecord {
  init(_ facts: CertificateFacts, key: String) {
    self.init(
      serial: facts.serial, issuer: facts.issuerCommonName,
      issuerKeyIdentifier: facts.authorityKeyIdentifier ?? "", commonName: facts.commonName,
      names: facts.dnsNames.sorted(), key: key,
      notBefore: Timestamp(secondsSince1970: facts.notBefore),
      notAfter: Timestamp(secondsSince1970: facts.notAfter))
  }
}

extension Timestamp {
  static var current: Timestamp {
    Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))
  }
}

/// The state in memory and on the disk, for as long as its lock is held.
actor StateKeeper: StateStore {
  private(set) var state: FleetState
  private var file: StateFile
  private var pending: [String: HostRecord?] = [:]
  private var issued: [IssuanceRecord] = []
  private var recorded = 0
  private var written = 0

  init(_ state: FleetState, in file: StateFile) {
    self.state = state
    self.file = file
  }

  /// Returns when the records are on the disk. Those that come together are written together.
  func record(_ records: [String: HostRecord?]) async throws {
    pending.merge(records) { $1 }
    try await writeAll()
  }

  func record(issued records: [IssuanceRecord]) async throws {
    issued += records
    try await writeAll()
  }

  private func writeAll() async throws {
    recorded += 1
    let mine = recorded
    await Task.yield()
    guard written < mine else { return }
    var next = state
    next.recordIssued(issued, at: .current)
    for (host, record) in pending { next.record(record, of: host) }
    try save(next)
    written = recorded
    pending = [:]
    issued = []
  }

  func expect(_ digest: String, fromSerial serial: Int, on host: String) async throws {
    state.expect(digest, fromSerial: serial, on: host)
    try await writeAll()
  }

  func settle(_ digest: String?, on host: String) { state.settle(digest, on: host) }

  /// Changes the state in memory; it is on the disk with what is written next.
  func hold(_ next: FleetState) { state = next }

  func save(_ next: FleetState) throws {
    try file.write(next)
    state = file.state ?? next
  }
}
