import CAStore
import Certificates
import Fleet
import Nginx
import State

extension FleetState {
  /// Adds the CA certificates and revocation lists from the files on hosts. A certificate is
  /// accepted if releases name its key identifier, a list if its generation signed it.
  ///
  /// - Returns: a line for each bundle that cannot be read.
  mutating func takeCAs(from survey: Survey) -> [String] {
    var problems: [String] = []
    var bundles: Set<String> = []
    var lists: Set<String> = []
    let needed = Set(hosts.values.flatMap(\.release.facts.trusts))
    for (host, result) in survey.sorted(by: { $0.key < $1.key }) {
      guard case .observed(let observation) = result else { continue }
      if let list = observation.texts[ReleasePath.revocationLists.relative] { lists.insert(list) }
      let path = ReleasePath.trustBundle.relative
      guard let bundle = observation.texts[path], bundles.insert(bundle).inserted else { continue }
      do {
        take(try Self.certificates(in: bundle), needed)
      } catch {
        problems.append("\(host): could not read its \(path): \(error)")
      }
    }
    for text in lists.sorted() { takeRevocationLists(in: text) }
    return problems
  }

  /// Adds the certificates whose key identifiers releases name, unless they are known or retired.
  private mutating func take(
    _ certificates: [(pem: String, facts: CertificateFacts)], _ needed: Set<String>
  ) {
    for (pem, facts) in certificates {
      guard let identifier = facts.subjectKeyIdentifier, needed.contains(identifier),
        !isRetired(identifier), !caGenerations.contains(where: { $0.keyIdentifier == identifier })
      else { continue }
      // The root above it, which hosts need to verify it.
      let root = certificates.first { _, above in
        above.subjectKeyIdentifier != identifier
          && above.subjectKeyIdentifier == facts.authorityKeyIdentifier
      }
      learn(
        FleetKnowledge(caGenerations: [
          CAGeneration(
            generation: nextGeneration, commonName: facts.commonName, keyIdentifier: identifier,
            fingerprint: facts.fingerprint,
            notBefore: Timestamp(secondsSince1970: facts.notBefore),
            notAfter: Timestamp(secondsSince1970: facts.notAfter),
            certificate: pem + (root?.pem ?? ""),
            status: .signing)
        ]), at: .current)
    }
  }

  private var nextGeneration: Int {
    (caGenerations.map(\.generation) + retiredCAs.map(\.generation)).max().map { $0 + 1 } ?? 1
  }

  /// The CA certificates of a bundle, with what they contain.
  private static func certificates(
    in bundle: String
  ) throws -> [(pem: String, facts: CertificateFacts)] {
    let read = try CertificateBundle(pem: bundle, named: "the bundle")
    return Array(zip(try read.canonicalPEM(), read.facts)).filter(\.1.isCA)
      .map { (pem: $0.0, facts: $0.1) }
  }

  /// Takes the newest revocation list of each generation from the lists that a host shows.
  ///
  /// Only lists with a valid signature of the generation count.
  private mutating func takeRevocationLists(in text: String) {
    let end = "-----END X509 CRL-----\n"
    for index in caGenerations.indices {
      let record = caGenerations[index]
      // Lists of other generations, or of other CAs, are not signed by this generation.
      func list(_ pem: String) -> RevocationList? {
        try? RevocationList(pem: pem, signedBy: record.certificate, named: "a host's list")
      }
      var newest = record.revocationList.flatMap(list)
      for part in text.split(separator: end, omittingEmptySubsequences: true) {
        guard let found = list(part + end) else { continue }
        if newest.map({ $0.number < found.number }) ?? true { newest = found }
      }
      guard let newest else { continue }
      caGenerations[index].revocationList = newest.pem
      learn(
        newest.revoked.map { entry in
          Revocation(
            serial: entry.serial, issuerKeyIdentifier: record.keyIdentifier, host: nil,
            revokedAt: Timestamp(secondsSince1970: entry.revokedAt),
            reason: Revocation.Reason(entry.reason), notAfter: record.notAfter)
        })
    }
  }
}
