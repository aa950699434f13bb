import CAStore
import Certificates
package import Fleet
import State

/// The public parts of a CA, and what is wrong in its folder. It is also printed as JSON: if a
/// field changes its meaning, the version changes.
package struct CAReport: Encodable {
  /// One CA generation as `deploy ca show` reports it: certificate, key and revocation list.
  package struct Generation: Encodable {
    package let generation: Int
    package let status: String
    package let commonName: String
    package let notBefore: Timestamp
    package let notAfter: Timestamp
    package let daysLeft: Int64
    package let fingerprint: String
    package let keyIdentifier: String
    /// Whether its key is in the folder.
    package let hasKey: Bool
    /// Whether the key is encrypted; nil if it cannot be read.
    package let isKeyEncrypted: Bool?
    /// The number of its revocation list.
    package let revocationList: Int64?
    /// How many certificates the list has; nil if the generation has no list.
    package let revoked: Int?
    /// The root that signed it; nil if it is self-signed.
    package let root: Root?
  }

  /// The root above a generation, and until when its revocation list is valid.
  package struct Root: Encodable {
    package let commonName: String
    package let notAfter: Timestamp
    /// Nil if the folder has no list of it.
    package let revocationListUntil: Timestamp?
  }

  let version = 1
  package let generations: [Generation]
  /// Generations that no host trusts any longer.
  package let archived: [Int]
  package let findings: [String]

  package init(_ workspace: Workspace) throws {
    try self.init(workspace.ca, generations: workspace.caGenerations(), now: .current)
  }

  init(_ folder: CAFolder, generations: [CAGeneration], now: Timestamp) throws {
    let keys = try folder.listing().keys
    self.generations = try generations.map { record in
      let list = try folder.revocationList(of: record)
      return Generation(
        generation: record.generation, status: record.status.rawValue,
        commonName: record.commonName, notBefore: record.notBefore, notAfter: record.notAfter,
        daysLeft: now.days(until: record.notAfter), fingerprint: record.fingerprint,
        keyIdentifier: record.keyIdentifier, hasKey: keys.contains(record.generation),
        isKeyEncrypted: keys.contains(record.generation)
          ? Self.isEncrypted(folder.keyPath(record.generation), in: folder) : nil,
        revocationList: list?.number, revoked: list?.revoked.count,
        root: try folder.root(above: record).map(Root.init))
    }
    archived = try folder.archive.listing().certificates.sorted()
    findings =
      try folder.findings()
      + folder.rootRevocationListFindings(above: generations, now: now.secondsSince1970)
  }

  /// Whether a private key is encrypted in any way; nil if it cannot be read.
  private static func isEncrypted(_ path: String, in folder: CAFolder) -> Bool? {
    switch folder.protection(ofKeyAt: path) {
    case .success(.encrypted), .success(.encryptedElsewise): true
    case .success(.none): false
    case .success(.noKey), .failure: nil
    }
  }
}

extension CAReport.Root {
  init(_ root: CAFolder.Root) {
    self.init(
      commonName: root.commonName, notAfter: root.notAfter,
      revocationListUntil: root.list.map { Timestamp(secondsSince1970: $0.nextUpdate) })
  }
}
