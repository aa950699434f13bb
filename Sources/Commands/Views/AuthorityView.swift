import Certificates
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
    /// Whether its encrypted key is in the folder.
    var hasKey: Bool
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
          revocationList: list?.number, revoked: list?.revoked.count)
      },
      archived: try folder.archive.listing().certificates.sorted(),
      findings: try folder.findings())
  }

  func print(as format: OutputFormat) throws {
    switch format {
    case .text: Console.output(text)
    case .json: try JSONText.print(document)
    }
  }

  private var text: String {
    let generations = document.generations.map { generation in
      """
      generation \(generation.generation): \(generation.commonName) (\(generation.status))
        valid        \(generation.notBefore.date) to \(generation.notAfter.date), \
      \(generation.daysLeft) days left
        fingerprint  SHA-256 \(generation.fingerprint)
        key id       \(generation.keyIdentifier)
        key          \(generation.hasKey ? "encrypted, in the folder" : "not in the folder")
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
