import Certificates
import Files
import Fleet
import Foundation
import Planning
import State

extension AuthorityFolder {
  /// The list that a generation has signed; nil where it has signed none.
  func revocationList(of record: AuthorityRecord) throws -> RevocationList? {
    let path = revocationListPath(record.generation)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    return try RevocationList(
      pem: String(decoding: try FileReader.read(path, as: .authority), as: UTF8.self),
      signedBy: record.certificate, named: path)
  }

  /// The lists of all generations that hosts may trust; none where nothing was ever revoked. nginx refuses every client of an authority that it has no list of, so either all have
  /// one or none has, and the root above them, where there is one, has its own as the last.
  ///
  /// A list is signed anew only where it lacks what is revoked, and by nobody but its own generation: of one
  /// that retires and whose key is gone, the list that is there stays in force until no host trusts it any
  /// more. What was signed is in no file yet.
  ///
  /// - Parameter authority: unlocks a generation.
  func revocationLists(
    _ revocations: [Revocation], of records: [AuthorityRecord], now: Timestamp,
    unlock authority: (AuthorityRecord) async throws -> CertificateAuthority
  ) async throws -> RevocationLists {
    let keys = try listing().keys
    let present = try records.map { try lastRevocationList(of: $0) }
    let inForce = revocations.filter { $0.notAfter > now }
    var lists = RevocationLists()
    guard !inForce.isEmpty || present.contains(where: { $0 != nil }) else { return lists }
    // Before any key is asked for: nothing can be revoked without it.
    lists.above = try rootRevocationList(above: records, now: now.secondsSince1970)
    for (record, present) in zip(records, present) {
      let revoked = inForce.filter { $0.issuerKeyIdentifier == record.keyIdentifier }
        .map(RevokedCertificate.init).sorted { $0.serial < $1.serial }
      if let present, Set(revoked).isSubset(of: present.revoked),
        present.nextUpdate == record.notAfter.secondsSince1970
      {
        let isNew = try present.pem != revocationList(of: record)?.pem
        lists.signed.append(
          .init(
            record: record, list: present, isNew: isNew && keys.contains(record.generation)))
      } else if record.status == .retiring, !keys.contains(record.generation) {
        // What is missing in it, or in there being none, ends with the generation.
        if let present {
          lists.signed.append(.init(record: record, list: present, isNew: false))
        }
      } else {
        let list = try await authority(record).revocationList(
          of: revoked, now: now.secondsSince1970)
        lists.signed.append(.init(record: record, list: list, isNew: true))
      }
    }
    return lists
  }

  /// The newest list of a generation, in folder or state.
  private func lastRevocationList(of record: AuthorityRecord) throws -> RevocationList? {
    let inFolder = try revocationList(of: record)
    guard let text = record.revocationList,
      let inState = try? RevocationList(
        pem: text, signedBy: record.certificate, named: "the list in the state"),
      inState.number > inFolder?.number ?? 0
    else { return inFolder }
    return inState
  }

  /// Writes down the lists that are new.
  func keep(_ lists: RevocationLists) throws {
    for entry in lists.signed where entry.isNew {
      try FileWriter.replace(
        revocationListPath(entry.record.generation), text: entry.list.pem, for: .everyone)
    }
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

/// What the generations of an authority have revoked, and the authority above them.
struct RevocationLists {
  struct Entry {
    var record: AuthorityRecord
    var list: RevocationList
    /// Whether it is in no file yet.
    var isNew: Bool
  }

  var signed: [Entry] = []
  var above: RevocationList?

  /// By key identifier, as plans have them.
  var materials: [String: Materials.RevocationList] {
    Dictionary(
      uniqueKeysWithValues: signed.map { entry in
        (
          entry.record.keyIdentifier,
          Materials.RevocationList(
            pem: entry.list.pem, serials: Set(entry.list.revoked.map(\.serial)),
            above: above?.pem)
        )
      })
  }
}

/// The revocation lists of a run: what is signed for its plan is written down when it is carried out.
actor RevocationDesk {
  private let folder: AuthorityFolder
  private let keyring: AuthorityKeyring
  private var lists = RevocationLists()

  init(_ workspace: Workspace, _ keyring: AuthorityKeyring) {
    folder = workspace.authorityFolder
    self.keyring = keyring
  }

  func materials(
    of state: FleetState, now: Timestamp
  ) async throws -> [String: Materials.RevocationList] {
    lists = try await folder.revocationLists(
      state.revocations, of: state.authorities, now: now
    ) { [keyring] in try await keyring.authority($0) }
    return lists.materials
  }

  func keep() throws { try folder.keep(lists) }

  /// Notes the lists in the state, which has them where a folder is lost.
  func note(in state: inout FleetState) {
    for entry in lists.signed {
      guard
        let position = state.authorities.firstIndex(where: {
          $0.keyIdentifier == entry.record.keyIdentifier
        })
      else { continue }
      state.authorities[position].revocationList = entry.list.pem
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
