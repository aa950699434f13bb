import Certificates
import Fleet
import State

/// The authority by its public parts, as a person or a program reads it.
struct AuthorityView {
  private struct Generation: Encodable {
    var generation: Int
    var status: String
    var commonName: String
    var notBefore: Timestamp
    var notAfter: Timestamp
    var daysLeft: Int64
    var fingerprint: String
    var keyIdentifier: String
    /// Whether its key is in the folder.
    var hasKey: Bool
    /// Whether that is encrypted; not there if it cannot be read.
    var isKeyEncrypted: Bool?
    /// The number of its revocation list.
    var revocationList: Int64?
    var revoked: Int?
  }

  private struct Document: Encodable {
    let version = 1
    var generations: [Generation]
    /// Generations that no host trusts any more.
    var archived: [Int]
    var findings: [String]
  }

  private let document: Document

  init(folder: AuthorityFolder, generations: [AuthorityRecord], now: Timestamp) throws {
    let keys = try folder.listing().keys
    document = Document(
      generations: try generations.map { record in
        let list = try folder.revocationList(of: record)
        return Generation(
          generation: record.generation, status: record.status.rawValue,
          commonName: record.commonName, notBefore: record.notBefore, notAfter: record.notAfter,
          daysLeft: now.days(until: record.notAfter), fingerprint: record.fingerprint,
          keyIdentifier: record.keyIdentifier, hasKey: keys.contains(record.generation),
          isKeyEncrypted: keys.contains(record.generation)
            ? Self.isEncrypted(folder.keyPath(record.generation), in: folder) : nil,
          revocationList: list?.number, revoked: list?.revoked.count)
      },
      archived: try folder.archive.listing().certificates.sorted(),
      findings: try folder.findings()
        + folder.rootRevocationListFindings(above: generations, now: now.secondsSince1970))
  }

  private static func isEncrypted(_ path: String, in folder: AuthorityFolder) -> Bool? {
    switch folder.protection(ofKeyAt: path) {
    case .success(.encrypted), .success(.encryptedElsewise): true
    case .success(.none): false
    case .success(.noKey), .failure: nil
    }
  }

  func print(as format: OutputFormat) throws {
    switch format {
    case .text: Console.output(text)
    case .json: try JSONText.print(document)
    }
  }

  private static func text(ofKeyOf generation: Generation) -> String {
    guard generation.hasKey else { return "not in the folder" }
    guard let isEncrypted = generation.isKeyEncrypted else { return "in the folder, unreadable" }
    return isEncrypted ? "encrypted, in the folder" : "not encrypted, in the folder"
  }

  private var text: String {
    let generations = document.generations.map { generation in
      """
      generation \(generation.generation): \(generation.commonName) (\(generation.status))
        valid        \(generation.notBefore.date) to \(generation.notAfter.date), \
      \(generation.daysLeft) days left
        fingerprint  SHA-256 \(generation.fingerprint)
        key id       \(generation.keyIdentifier)
        key          \(Self.text(ofKeyOf: generation))
      """
        + (generation.revoked.map {
          "\n  revoked      \($0), list \(generation.revocationList ?? 0)"
        } ?? "")
    }
    let archived = document.archived.map { "generation \($0): archived" }
    return (generations + archived + document.findings.map { "warning: \($0)" })
      .joined(separator: "\n")
  }
}
