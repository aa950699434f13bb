package import Certificates
import Fleet

/// A CA to import, with the revocation lists that it needs: those of its root, and its own.
package struct CAImport: Sendable {
  package let ca: ImportedCA
  /// The current list of the root; nil if the CA is self-signed.
  package let rootList: RevocationList?
  /// Whether the list of the root is an empty one that its key has just signed.
  let signsRootList: Bool
  /// What the CA has revoked before.
  package let revoked: [RevokedCertificate]

  /// Finds the lists that the CA and its root have signed, and checks them.
  ///
  /// - Parameters:
  ///   - rootKey: signs an empty list if there is none of the root.
  ///   - now: seconds since 1970.
  package init(
    _ ca: ImportedCA, lists: [ForeignRevocationLists], rootKey: ForeignKey?, now: Int64
  ) throws {
    self.ca = ca
    let rootPEM = try ca.rootPEM()
    let name = "\"\(ca.facts.commonName)\""
    for list in lists
    where list.list(signedBy: ca.certificatePEM) == nil
      && rootPEM.flatMap(list.list(signedBy:)) == nil
    {
      throw CAStoreError(
        "\(list.name) has no revocation list that \(name)"
          + (ca.root.map { " or its root \"\($0.commonName)\"" } ?? "") + " signed")
    }
    revoked =
      lists.compactMap { $0.list(signedBy: ca.certificatePEM) }
      .max { $0.thisUpdate < $1.thisUpdate }?.revoked ?? []
    guard let root = ca.root, let rootPEM else {
      guard rootKey == nil else {
        throw CAStoreError("\(name) is self-signed and has no root, so --root-key does not apply")
      }
      (rootList, signsRootList) = (nil, false)
      return
    }
    let given = lists.compactMap { $0.list(signedBy: rootPEM) }.max {
      $0.thisUpdate < $1.thisUpdate
    }
    let list = try given ?? rootKey.map { try ca.emptyRootList(signedWith: $0, now: now) }
    guard let list else { throw Self.missing(name, root.commonName) }
    try Self.check(list, of: root.commonName, above: ca.facts, now: now)
    (rootList, signsRootList) = (list, given == nil)
  }

  private static func missing(_ name: String, _ root: String) -> CAStoreError {
    CAStoreError(
      "\(name) was signed by \"\(root)\", and a revocation list (CRL) of \"\(root)\" is needed as well. With it,"
        + " hosts accept certificates of \(name), and those that \"\(root)\" itself signed, but not those of other"
        + " CAs below \"\(root)\"."
        + " Name the current list with --crl, or, if \"\(root)\" publishes none, its key with --root-key, which"
        + " signs an empty list")
  }

  /// Stops if a root's list cannot be installed: nginx would refuse every front-end, or accept revoked CAs.
  static func check(
    _ list: RevocationList, of root: String, above ca: CertificateFacts, now: Int64
  ) throws {
    guard list.nextUpdate > now else {
      let end = Timestamp(secondsSince1970: list.nextUpdate).date
      throw CAStoreError(
        "the revocation list of \"\(root)\" expired on \(end): get the current one from its owner")
    }
    guard !list.isDelta else {
      throw CAStoreError(
        "the revocation list of \"\(root)\" has only the changes since an earlier one (a delta CRL), and hosts would"
          + " accept all other certificates that were revoked: get the complete list from its owner"
      )
    }
    guard !list.revoked.contains(where: { $0.serial == ca.serial }) else {
      throw CAStoreError(
        "\"\(root)\" has revoked the certificate of \"\(ca.commonName)\", so no host may trust it")
    }
  }

  /// The lists with which hosts verify certificates of this CA: its own, and that of its root. A self-signed CA
  /// that has revoked nothing needs none.
  package func lists(now: Int64) throws -> [RevocationList] {
    guard rootList != nil || !revoked.isEmpty else { return [] }
    return try [ca.ca.revocationList(of: revoked, now: now)] + [rootList].compactMap(\.self)
  }
}
