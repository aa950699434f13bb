package import Certificates
import Files
import Fleet
import FoundationEssentials
package import State

/// The revocation lists (CRLs) of the generations.
extension CAFolder {
  /// The list that a generation has signed; nil if it has signed none.
  package func revocationList(of record: CAGeneration) throws -> RevocationList? {
    let path = revocationListPath(record.generation)
    guard try storage.exists(path) else { return nil }
    return try RevocationList(
      pem: String(decoding: try storage.read(path, as: .ca), as: UTF8.self),
      signedBy: record.certificate, named: path)
  }

  /// The lists of all generations that hosts may trust; empty if nothing was ever revoked. If nginx has any list,
  /// it refuses clients of every CA without one, so all generations get a list, and the root CA too.
  ///
  /// A list is signed again only if it lacks a revocation, and only by its own generation. If that generation
  /// retires and its key is missing, its existing list stays in use until no host trusts the generation. New
  /// lists are not written yet; see ``keep(_:)``.
  ///
  /// - Parameter ca: unlocks a generation.
  func revocationLists(
    _ revocations: [Revocation], of records: [CAGeneration], now: Timestamp,
    unlock ca: (CAGeneration) async throws -> CertificateAuthority
  ) async throws -> RevocationLists {
    let keys = try listing().keys
    let present = try records.map { try lastRevocationList(of: $0) }
    let unexpired = revocations.filter { $0.notAfter > now }
    var lists = RevocationLists()
    guard !unexpired.isEmpty || present.contains(where: { $0 != nil }) else { return lists }
    let roots = try records.compactMap { try root(above: $0)?.list }
    if unexpired.isEmpty, present.allSatisfy({ $0?.revoked.isEmpty ?? true }),
      roots.allSatisfy(\.revoked.isEmpty)
    {
      // Nothing is revoked: lists are not worth refusing all clients of a generation that hosts are leaving
      // and that lacks a list, because the folder was lost or its root's list has expired.
      let unlisted = zip(records, present).first { record, list in
        record.status == .retiring
          && (hasNoRootList(record, now)
            || (list == nil && !keys.contains(record.generation)))
      }
      if let unlisted {
        lists.warnings = try unlistedWarnings(unlisted.0, among: records, now)
        return lists
      }
    }
    // Checked before a passphrase is asked for: without the root's list, nothing can be revoked.
    let above = try records.map { try rootRevocationList(of: $0, now: now.secondsSince1970) }
    for ((record, present), above) in zip(zip(records, present), above) {
      let revoked = unexpired.filter { $0.issuerKeyIdentifier == record.keyIdentifier }
        .map(RevokedCertificate.init).sorted { $0.serial < $1.serial }
      if let present, Set(revoked).isSubset(of: present.revoked),
        present.nextUpdate == record.notAfter.secondsSince1970
      {
        let isNew = try present.pem != revocationList(of: record)?.pem
        lists.signed.append(
          .init(
            record: record, list: present, above: above,
            isNew: isNew && keys.contains(record.generation)))
      } else if record.status == .retiring, !keys.contains(record.generation) {
        // Without the key, no newer list can be signed. Hosts stop trusting this generation soon.
        if let present {
          lists.signed.append(.init(record: record, list: present, above: above, isNew: false))
        }
      } else {
        let list = try await ca(record).revocationList(
          of: revoked, now: now.secondsSince1970)
        lists.signed.append(.init(record: record, list: list, above: above, isNew: true))
      }
    }
    return lists
  }

  private func hasNoRootList(_ record: CAGeneration, _ now: Timestamp) -> Bool {
    do {
      _ = try rootRevocationList(of: record, now: now.secondsSince1970)
      return false
    } catch {
      return true
    }
  }

  /// What hosts accept without any list: everything below the roots that they trust, which the user has to know
  /// before the lists are removed from them.
  private func unlistedWarnings(
    _ unlisted: CAGeneration, among records: [CAGeneration], _ now: Timestamp
  ) throws -> [String] {
    var roots: [String] = []
    for record in records {
      guard let name = try root(above: record)?.commonName, !roots.contains(name) else { continue }
      roots.append(name)
    }
    guard !roots.isEmpty else { return [] }
    let remedy =
      hasNoRootList(unlisted, now)
      ? "the list of its root is missing or has expired. To prevent that, add a current one first with"
        + " \"deploy ca import --crl FILE\""
      : "its key and its list are missing. To prevent that, restore \(keyPath(unlisted.generation)) first"
    let names = roots.map { "\"\($0)\"" }.joined(separator: " and ")
    return [
      "hosts get no revocation lists until generation \(unlisted.generation) of the CA is retired, and until then"
        + " they accept certificates of every CA below \(names): nothing is revoked, and generation"
        + " \(unlisted.generation) cannot be used with lists, because \(remedy)"
    ]
  }

  /// The newest list of a generation, from the folder or the state.
  private func lastRevocationList(of record: CAGeneration) throws -> RevocationList? {
    let inFolder = try revocationList(of: record)
    guard let text = record.revocationList,
      let inState = try? RevocationList(
        pem: text, signedBy: record.certificate, named: "the list in the state"),
      inFolder.map({ $0.number < inState.number }) ?? true
    else { return inFolder }
    return inState
  }

  /// Writes new lists to the folder.
  func keep(_ lists: RevocationLists) throws {
    for entry in lists.signed where entry.isNew {
      try storage.replace(
        revocationListPath(entry.record.generation), text: entry.list.pem, for: .everyone)
    }
  }

  /// The revocations in the lists, without host names: what is left if the state is lost.
  package func recordedRevocations() throws -> [Revocation] {
    try generations().flatMap { try recordedRevocations(of: $0) }
  }

  /// The revocations in the list of one generation, without host names.
  func recordedRevocations(of record: CAGeneration) throws -> [Revocation] {
    try revocationList(of: record)?.revoked.map { entry in
      Revocation(
        serial: entry.serial, issuerKeyIdentifier: record.keyIdentifier, host: nil,
        revokedAt: Timestamp(secondsSince1970: entry.revokedAt),
        reason: Revocation.Reason(entry.reason), notAfter: record.notAfter)
    } ?? []
  }
}
