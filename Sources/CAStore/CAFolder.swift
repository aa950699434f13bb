import Certificates
package import Files
import Fleet
package import State

/// The folder with the files of a fleet's CA, such as `shop.ca/`.
///
///     ca-1.crt       the certificate of generation 1, which exists if this file does
///     ca-1.key       its private key, encrypted; written before the certificate
///     ca-1.crl       its revocation list, as soon as anything is revoked
///     ca-1.retiring  a marker: after the rotation, no host trusts this generation
///     ca-1.import    the certificate of a generation whose import is not complete
///     fleet-1.key    see ``fleetKeyPath(_:)``
///     archive/       certificates of generations that no host trusts, and keys that were archived
///
/// Every change needs the lock of the fleet's state.
package struct CAFolder: Sendable {
  /// The folder, such as `Inventories/shop.ca`.
  package let path: String
  /// The inventory, for commands in messages, such as `deploy ca create --inventory FILE`.
  let inventoryPath: String
  let storage: any FileStore

  package init(path: String, inventoryPath: String, in storage: any FileStore = DiskFiles()) {
    self.path = path
    self.inventoryPath = inventoryPath
    self.storage = storage
  }

  package func certificatePath(_ generation: Int) -> String { file(generation, "crt") }
  package func keyPath(_ generation: Int) -> String { file(generation, "key") }
  func revocationListPath(_ generation: Int) -> String { file(generation, "crl") }
  func retiringPath(_ generation: Int) -> String { file(generation, "retiring") }

  /// The folder for generations that no host trusts any longer.
  package var archive: CAFolder {
    CAFolder(path: "\(path)/archive", inventoryPath: inventoryPath, in: storage)
  }

  private func file(_ generation: Int, _ kind: String) -> String {
    "\(path)/ca-\(generation).\(kind)"
  }

  /// Which generations have which files.
  package struct Listing {
    private var found: [String: Set<Int>] = [:]

    fileprivate init(_ names: [String]) {
      for name in names where name.hasPrefix("ca-") {
        let parts = name.dropFirst("ca-".count).split(separator: ".")
        guard parts.count == 2, let generation = Int(parts[0]), generation > 0 else { continue }
        found[String(parts[1]), default: []].insert(generation)
      }
    }

    /// The generations that exist.
    package var certificates: Set<Int> { found["crt"] ?? [] }
    package var keys: Set<Int> { found["key"] ?? [] }
    var retiring: Set<Int> { found["retiring"] ?? [] }
    /// The generations whose import was interrupted.
    var imports: Set<Int> { (found["import"] ?? []).subtracting(certificates) }
    var latest: Int { certificates.union(keys).max() ?? 0 }

    /// The generation of a key newer than every certificate: its creation was interrupted, or its certificate is
    /// lost.
    package var interrupted: Int? {
      keys.max().flatMap { $0 > certificates.max() ?? 0 ? $0 : nil }
    }
  }

  /// The files in the folder; none if it does not exist.
  package func listing() throws -> Listing {
    guard try storage.exists(path) else {
      try refuseEarlierFolder()
      return Listing([])
    }
    let names = try storage.names(in: path)
    try refuseEarlierFiles(names)
    return Listing(names)
  }

  /// The generations that hosts may trust: first the retiring ones, then the others, each oldest first. The last
  /// one signs.
  package func generations() throws -> [CAGeneration] {
    let records = try records()
    try refuseNoneToSign(records)
    return records
  }

  /// The same, even if all are retiring because the state knows a newer generation.
  package func records() throws -> [CAGeneration] {
    let listing = try listing()
    let retiring = listing.certificates.intersection(listing.retiring).sorted()
    let staying = listing.certificates.subtracting(listing.retiring).sorted()
    return try retiring.map { try record($0, .retiring) }
      + staying.map { try record($0, $0 == staying.last ? .signing : .trusted) }
  }

  func refuseNoneToSign(_ records: [CAGeneration]) throws {
    guard records.signing == nil, let last = records.last else { return }
    throw CAStoreError(
      "every generation in \(path) is marked as retiring, so none can sign: keep the last one with"
        + "\n    rm \(retiringPath(last.generation))")
  }

  func isEmpty() throws -> Bool { try listing().latest == 0 }

  /// Reads the certificate of a generation.
  package func record(_ generation: Int, _ status: CAGeneration.Status) throws -> CAGeneration {
    let path = certificatePath(generation)
    let pem = String(decoding: try storage.read(path, as: .ca), as: UTF8.self)
    // The certificates of the CAs above it follow its own.
    let facts = try CertificateFacts.readAll(pem: pem, named: path)[0]
    guard facts.isCA, let identifier = facts.subjectKeyIdentifier else {
      throw CAStoreError("\(path) is not the certificate of a CA")
    }
    return CAGeneration(
      generation: generation, commonName: facts.commonName, keyIdentifier: identifier,
      fingerprint: facts.fingerprint, notBefore: Timestamp(secondsSince1970: facts.notBefore),
      notAfter: Timestamp(secondsSince1970: facts.notAfter), certificate: pem, status: status)
  }

  /// What is wrong in the folder, and what to do about it; a sentence each.
  package func findings() throws -> [String] {
    let listing = try listing()
    var findings: [String] = []
    findings += try listing.imports.sorted().map(interruptedImport)
    let withoutCertificate = listing.keys.subtracting(listing.certificates)
    for generation in withoutCertificate.subtracting(listing.imports).sorted() {
      findings.append(
        generation == listing.interrupted
          ? "\(keyPath(generation)) has no certificate, because its creation was interrupted: run the command"
            + " that creates it again"
          : "\(keyPath(generation)) has no certificate: restore \(certificatePath(generation)) from a"
            + " backup")
    }
    let withoutKey = listing.certificates.subtracting(listing.keys).subtracting(listing.retiring)
    for generation in withoutKey.sorted() {
      findings.append(
        "\(certificatePath(generation)) has no key, so it cannot sign: restore"
          + " \(keyPath(generation)) from a backup, or run \"deploy rotate ca\"")
    }
    findings += try keyFindings()
    if try hasRootKey {
      findings.append(
        "\(rootKeyPath) is needed only to create or renew a generation: move it to a place that no network"
          + " reaches")
    }
    return findings
  }
}
