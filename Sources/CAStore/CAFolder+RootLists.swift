package import Certificates
import Files
package import Fleet
package import State

/// The revocation lists of roots, because nginx needs a list from every CA in a chain.
///
///     root.crl       of the root that `deploy` created; valid as long as the root
///     ca-N.root.crl  of the root above an imported generation, whose owner publishes a new one from time to time
extension CAFolder {
  /// A root above a generation, and the list of it that the folder has.
  package struct Root: Sendable {
    package var commonName: String
    package var notAfter: Timestamp
    /// Nil if the folder has none; it may have expired.
    package var list: RevocationList?
  }

  func importedRootListPath(_ generation: Int) -> String { "\(path)/ca-\(generation).root.crl" }

  /// The file that is read: the list of an imported generation, or the one of the root that `deploy` created.
  private func rootListPath(_ generation: Int) throws -> String {
    let own = importedRootListPath(generation)
    // Without either file, the one that is missing is the one of the root that the folder has.
    let others = try hasRoot || storage.exists(rootRevocationListPath)
    return try storage.exists(own) || !others ? own : rootRevocationListPath
  }

  /// The root above a generation; nil if the generation is self-signed.
  package func root(above record: CAGeneration) throws -> Root? {
    let chain = try certificates(of: record)
    guard let root = chain.facts.dropFirst().first else { return nil }
    let list = (try? readRootList(of: record)) ?? nil
    return Root(
      commonName: root.commonName, notAfter: Timestamp(secondsSince1970: root.notAfter), list: list)
  }

  /// The revocation list of the root, if a generation has one: if nginx has lists of only some CAs of a chain, it
  /// refuses every client.
  func rootRevocationList(of record: CAGeneration, now: Int64) throws -> RevocationList? {
    guard let list = try readRootList(of: record) else { return nil }
    guard list.nextUpdate > now else {
      let end = Timestamp(secondsSince1970: list.nextUpdate).date
      throw CAStoreError(
        "\(try rootListPath(record.generation)) expired on \(end): back-ends would refuse every front-end."
          + " \(try remedy(for: record))")
    }
    return list
  }

  private func remedy(for record: CAGeneration) throws -> String {
    let root = try certificates(of: record).facts.dropFirst().first?.commonName ?? ""
    let remedy =
      "Add a current revocation list of \"\(root)\" with\n    deploy ca import --crl FILE"
      + " --inventory \(inventoryPath)"
    // A generation that retires is being replaced already.
    return record.status == .retiring ? remedy : "\(remedy)\n\(Self.replacement(of: record))"
  }

  private static func replacement(of record: CAGeneration) -> String {
    "or replace generation \(record.generation) with a CA that deploy creates: \"deploy rotate ca\""
  }

  /// The same, even if it has expired.
  private func readRootList(of record: CAGeneration) throws -> RevocationList? {
    let chain = try certificates(of: record)
    let names = chain.facts.dropFirst().map { "\"\($0.commonName)\"" }
    guard !names.isEmpty else { return nil }
    guard names.count == 1 else {
      throw CAStoreError(
        "generation \(record.generation) has several CAs above it (\(names.joined(separator: ", ")))."
          + " Back-ends need a revocation list from each, but deploy supports one. If the first of them is"
          + " self-signed, remove the others from \(certificatePath(record.generation)),"
          + " \(Self.replacement(of: record))"
      )
    }
    let path = try rootListPath(record.generation)
    guard try storage.exists(path) else {
      throw CAStoreError(
        "\(path) is missing. Back-ends need a revocation list of \(names[0]), which signed generation"
          + " \(record.generation), as soon as they have any. \(try remedy(for: record))")
    }
    return try RevocationList(
      pem: String(decoding: try storage.read(path, as: .ca), as: UTF8.self),
      signedBy: try chain.canonicalPEM()[1], named: path, isForeign: true)
  }

  private func certificates(of record: CAGeneration) throws -> CertificateBundle {
    try CertificateBundle(
      pem: record.certificate, named: "the certificate of generation \(record.generation)")
  }

  /// A sentence for each root list that is missing, or that expires before its generation does, so that the user
  /// replaces it in time.
  package func rootRevocationListFindings(above records: [CAGeneration], now: Int64) throws
    -> [String]
  {
    var findings: [String] = []
    for record in records {
      do {
        guard let list = try rootRevocationList(of: record, now: now),
          endsBefore(record, list)
        else { continue }
        findings.append(Self.expires(try rootListPath(record.generation), list))
      } catch let failure as CAStoreError {
        findings.append(failure.message)
      }
    }
    return findings.enumerated().filter { findings.firstIndex(of: $0.element) == $0.offset }
      .map(\.element)
  }

  /// The warnings of plans: root lists that expire within two weeks.
  package func rootRevocationListWarnings(above records: [CAGeneration], now: Int64) -> [String] {
    records.compactMap { record in
      guard let list = try? rootRevocationList(of: record, now: now),
        endsBefore(record, list),
        list.nextUpdate - now < Self.rootListMargin
      else { return nil }
      return (try? rootListPath(record.generation)).map { Self.expires($0, list) }
    }
  }

  private static let rootListMargin: Int64 = 14 * 86_400

  /// Whether the list ends before the CA; those of one hour end together.
  private func endsBefore(_ record: CAGeneration, _ list: RevocationList) -> Bool {
    record.notAfter.secondsSince1970 - list.nextUpdate > 3600
  }

  private static func expires(_ path: String, _ list: RevocationList) -> String {
    "\(path) expires on \(Timestamp(secondsSince1970: list.nextUpdate).date): before then, add a newer one with"
      + " \"deploy ca import --crl FILE\" and run \"deploy apply\", or back-ends will refuse every front-end"
  }
}
