package import Certificates
import Files
import Fleet
package import State

/// What an import did with the list of the root above a generation that had one already.
package struct RootListOutcome: Sendable {
  /// Whether the list is another one now; otherwise the one before is still there.
  package let isReplaced: Bool
  /// Whether the list of the import is an empty one that the root's key signed.
  package let isSigned: Bool
  /// The path of the list.
  package let path: String
  package let rootName: String
  /// The list that is there now.
  package let list: RevocationList
}

/// Writes the revocation lists of imported generations and of the roots above them.
extension CAFolder {
  /// Replaces the lists of the roots above generations.
  ///
  /// - Returns: the generations whose root has signed one of the lists.
  package func replaceRootLists(
    of records: [CAGeneration], with lists: [ForeignRevocationLists], now: Int64
  ) throws -> [(record: CAGeneration, list: RevocationList)] {
    var replaced: [(record: CAGeneration, list: RevocationList)] = []
    for record in records {
      let chain = try CertificateBundle(pem: record.certificate)
      guard chain.facts.count > 1 else { continue }
      let root = try chain.canonicalPEM()[1]
      let newest = lists.compactMap { $0.list(signedBy: root) }
        .max { $0.thisUpdate < $1.thisUpdate }
      guard let newest else { continue }
      try CAImport.check(newest, of: chain.facts[1].commonName, above: chain.facts[0], now: now)
      // An expired list counts too: an older one lacks what was revoked in between.
      let present = try self.root(above: record)?.list
      guard newest.thisUpdate >= present?.thisUpdate ?? .min else {
        throw CAStoreError(
          "the list of \"\(chain.facts[1].commonName)\" is older than the one in \(path): get the current one"
        )
      }
      try Self.tryOut(newest, above: record, chain, now: now)
      replaced.append((record, newest))
    }
    for (record, list) in replaced {
      try storage.replace(
        importedRootListPath(record.generation), text: list.pem, for: .everyone)
    }
    return replaced
  }

  /// Stops if hosts would refuse everything that a generation signed because of this list of its root.
  private static func tryOut(
    _ list: RevocationList, above record: CAGeneration, _ chain: CertificateBundle, now: Int64
  ) throws {
    // Nothing that an expired generation signed is accepted anyway, whatever its root's list says.
    guard record.notAfter.secondsSince1970 > now else { return }
    do throws(CertificateError) {
      try chain.verifyCA(at: now, lists: [list.pem])
    } catch {
      let reason = error.verification?.text ?? error.reason
      throw CAStoreError(
        "with this revocation list of \"\(chain.facts[1].commonName)\", hosts would refuse every certificate of"
          + " \"\(record.commonName)\" (\(reason)). Get the complete current list of all its certificates from"
          + " its owner")
    }
  }

  /// Decides whether the list of an import replaces the list of the root that a generation has. Never by an
  /// older one, or by an empty one that the root's key signs: they lack what the root revoked meanwhile.
  ///
  /// - Returns: nil if the generation has no list of this root, or if it is the same.
  func rootListOutcome(
    of new: CAImport, replacing record: CAGeneration, now: Int64
  ) throws -> RootListOutcome? {
    guard let list = new.rootList, let root = new.ca.root, let rootPEM = try new.ca.rootPEM(),
      let found = try self.root(above: record)?.list,
      let present = try? RevocationList(
        pem: found.pem, signedBy: rootPEM, named: importedRootListPath(record.generation),
        isForeign: true)
    else { return nil }
    let path = importedRootListPath(record.generation)
    let hasExpired = present.nextUpdate <= now
    guard !(new.signsRootList && hasExpired && !present.revoked.isEmpty) else {
      throw CAStoreError(
        "\(path) has expired and has certificates that \"\(root.commonName)\" revoked, which are not in the empty"
          + " list that its key would sign: name the current list with --crl")
    }
    let isReplaced =
      new.signsRootList ? hasExpired : list.thisUpdate > present.thisUpdate
    guard isReplaced else {
      try CAImport.check(present, of: root.commonName, above: new.ca.facts, now: now)
      guard list.pem != present.pem else { return nil }
      return RootListOutcome(
        isReplaced: false, isSigned: new.signsRootList, path: path, rootName: root.commonName,
        list: present)
    }
    return RootListOutcome(
      isReplaced: true, isSigned: new.signsRootList, path: path, rootName: root.commonName,
      list: list)
  }

  func writeLists(of new: CAImport, as generation: Int, now: Int64) throws {
    if let own = try new.lists(now: now).first {
      try storage.replace(revocationListPath(generation), text: own.pem, for: .everyone)
    } else {
      try storage.remove(revocationListPath(generation))
    }
    try writeRootList(of: new, as: generation)
  }

  func writeRootList(of new: CAImport, as generation: Int) throws {
    guard let list = new.rootList else {
      return try storage.remove(importedRootListPath(generation))
    }
    try storage.replace(importedRootListPath(generation), text: list.pem, for: .everyone)
  }
}
