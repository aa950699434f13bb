import Certificates
import Foundation
import State

extension AuthorityFolder {
  /// The list that a generation has signed; nil where it has signed none.
  func revocationList(of record: AuthorityRecord) throws -> RevocationList? {
    let path = revocationListPath(record.generation)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return try RevocationList(
      pem: String(decoding: try Workspace.contents(of: path), as: UTF8.self),
      signedBy: record.certificate, named: path)
  }

  /// The lists of all generations that hosts may trust, in their order; none where nothing was ever
  /// revoked. nginx refuses every client of an authority that it has no list of, so either all have
  /// one or none has, and the root above them, where there is one, has its own as the last.
  ///
  /// A list is signed anew only where it does not say what is revoked, and by nobody but its own
  /// generation: where that one's key is gone, the list that is there stays in force until the
  /// generation ends, and what is missing in it cannot be revoked.
  ///
  /// - Parameter authority: unlocks a generation.
  func revocationLists(
    _ revocations: [Revocation], of records: [AuthorityRecord], now: Timestamp,
    unlock authority: (AuthorityRecord) async throws -> CertificateAuthority
  ) async throws -> [RevocationList] {
    let present = try records.map { try revocationList(of: $0) }
    let inForce = revocations.filter { $0.notAfter > now }
    guard !inForce.isEmpty || present.contains(where: { $0 != nil }) else { return [] }
    var lists: [RevocationList] = []
    for (record, present) in zip(records, present) {
      let revoked = inForce.filter { $0.issuerKeyIdentifier == record.keyIdentifier }
        .map(RevokedCertificate.init).sorted { $0.serial < $1.serial }
      if let present, present.revoked == revoked,
        present.nextUpdate == record.notAfter.secondsSince1970
      {
        lists.append(present)
      } else {
        let list = try await authority(record).revocationList(
          of: revoked, now: now.secondsSince1970)
        try PrivateFile.replace(
          revocationListPath(record.generation), contents: list.pem, mode: 0o644)
        lists.append(list)
      }
    }
    return lists + (try rootRevocationList(above: records).map { [$0] } ?? [])
  }

  /// What the lists say is revoked: all that is left where the state is lost. Hosts are not in them.
  func recordedRevocations() throws -> [Revocation] {
    try generations().flatMap { record in
      try revocationList(of: record)?.revoked.map { entry in
        Revocation(
          serial: entry.serial, issuerKeyIdentifier: record.keyIdentifier, host: nil,
          revokedAt: Timestamp(secondsSince1970: entry.revokedAt),
          reason: Revocation.Reason(entry.reason), notAfter: record.notAfter)
      } ?? []
    }
  }
}

extension RevokedCertificate {
  init(_ revocation: Revocation) {
    self.init(
      serial: revocation.serial, revokedAt: revocation.revokedAt.secondsSince1970,
      reason: RevocationReason(revocation.reason))
  }
}

extension RevocationReason {
  init(_ reason: Revocation.Reason) {
    self =
      switch reason {
      case .unspecified: .unspecified
      case .keyCompromise: .keyCompromise
      case .superseded: .superseded
      case .cessationOfOperation: .cessationOfOperation
      }
  }
}

extension Revocation.Reason {
  init(_ reason: RevocationReason) {
    self =
      switch reason {
      case .unspecified: .unspecified
      case .keyCompromise: .keyCompromise
      case .superseded: .superseded
      case .cessationOfOperation: .cessationOfOperation
      }
  }
}
