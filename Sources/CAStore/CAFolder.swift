import Certificates
import Files
import Fleet
import FoundationEssentials
package import State

/// The files of a fleet's CA, generation by generation.
///
///     ca-1.crt       the certificate; a generation is there when this is
///     ca-1.key       its key, encrypted; written before the certificate
///     ca-1.crl       its revocation list, once anything is revoked
///     ca-1.retiring  it is to be trusted by no host in the end
///     fleet-1.key           see `fleetKeyPath`
///     archive/              the certificates of those that no host trusts, and the keys that were kept
///
/// Changing anything here needs the lock of the fleet's state.
package struct CAFolder: Sendable {
  /// The folder, such as `Inventories/shop.ca`.
  package let path: String
  /// What messages name in commands to run, such as `deploy ca create --inventory FILE`.
  let inventoryPath: String

  package init(path: String, inventoryPath: String) {
    self.path = path
    self.inventoryPath = inventoryPath
  }

  package func certificatePath(_ generation: Int) -> String { file(generation, "crt") }
  package func keyPath(_ generation: Int) -> String { file(generation, "key") }
  func revocationListPath(_ generation: Int) -> String { file(generation, "crl") }
  func retiringPath(_ generation: Int) -> String { file(generation, "retiring") }

  /// Where generations go that no host trusts any more.
  package var archive: CAFolder {
    CAFolder(path: "\(path)/archive", inventoryPath: inventoryPath)
  }

  private func file(_ generation: Int, _ kind: String) -> String {
    "\(path)/ca-\(generation).\(kind)"
  }

  /// Which generations have a file of a kind.
  package struct Listing {
    private var found: [String: Set<Int>] = [:]

    fileprivate init(_ names: [String]) {
      for name in names where name.hasPrefix("ca-") {
        let parts = name.dropFirst("ca-".count).split(separator: ".")
        guard parts.count == 2, let generation = Int(parts[0]), generation > 0 else { continue }
        found[String(parts[1]), default: []].insert(generation)
      }
    }

    /// A generation exists when its certificate does.
    package var certificates: Set<Int> { found["crt"] ?? [] }
    package var keys: Set<Int> { found["key"] ?? [] }
    var retiring: Set<Int> { found["retiring"] ?? [] }
    var latest: Int { certificates.union(keys).max() ?? 0 }

    /// A key newer than every certificate: its creation was cut off, or its certificate is lost.
    package var interrupted: Int? {
      keys.max().flatMap { $0 > certificates.max() ?? 0 ? $0 : nil }
    }
  }

  /// What is in the folder; nothing if it does not exist.
  package func listing() throws -> Listing {
    guard FileManager.default.fileExists(atPath: path) else {
      try refuseEarlierFolder()
      return Listing([])
    }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw CAStoreError("\(path) cannot be read: \(error.reason)")
    }
    try refuseEarlierFiles(names)
    return Listing(names)
  }

  /// The generations that hosts may trust: those that retire, then those that stay, each oldest
  /// first. The last one signs.
  package func generations() throws -> [CAGeneration] {
    let records = try records()
    try refuseNoneToSign(records)
    return records
  }

  /// The same, where the fleet may have others that sign.
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
      "every generation in \(path) is marked as retiring, and none is left to sign: keep the last"
        + " one with\n    rm \(retiringPath(last.generation))")
  }

  func isEmpty() throws -> Bool { try listing().latest == 0 }

  /// Reads the certificate of a generation.
  package func record(_ generation: Int, _ status: CAGeneration.Status) throws -> CAGeneration {
    let path = certificatePath(generation)
    let pem = String(decoding: try FileReader.read(path, as: .ca), as: UTF8.self)
    // Those of the CAs above it stand behind its own.
    let facts = try CertificateFacts.readAll(pem: pem, named: path)[0]
    guard facts.isCA, let identifier = facts.subjectKeyIdentifier else {
      throw CAStoreError("\(path) is not the certificate of a CA")
    }
    return CAGeneration(
      generation: generation, commonName: facts.commonName, keyIdentifier: identifier,
      fingerprint: facts.fingerprint, notBefore: Timestamp(secondsSince1970: facts.notBefore),
      notAfter: Timestamp(secondsSince1970: facts.notAfter), certificate: pem, status: status)
  }

  /// What in the folder is not as it should be, and what to do about it.
  package func findings() throws -> [String] {
    let listing = try listing()
    var findings: [String] = []
    for generation in listing.keys.subtracting(listing.certificates).sorted() {
      findings.append(
        generation == listing.interrupted
          ? "\(keyPath(generation)) has no certificate: its creation was cut off, and is finished the"
            + " next time that a generation is made"
          : "\(keyPath(generation)) has no certificate: restore \(certificatePath(generation)) from a"
            + " backup")
    }
    let withoutKey = listing.certificates.subtracting(listing.keys).subtracting(listing.retiring)
    for generation in withoutKey.sorted() {
      findings.append(
        "\(certificatePath(generation)) has no key and can sign nothing: restore"
          + " \(keyPath(generation)) from a backup, or rotate the CA")
    }
    findings += try keyFindings()
    if hasRootKey {
      findings.append(
        "\(rootKeyPath) is not needed until a generation is made or renewed: move it to where no network"
          + " reaches it")
    }
    return findings
  }
}
