import Certificates
import Nginx
import State

extension FleetState {
  /// Takes the CA's certificates and revocation lists out of the files that hosts have. Each proves itself:
  /// a certificate by the identifier of the key that releases name, a list by its signature.
  mutating func takeAuthorities(from survey: Survey) throws {
    var texts: Set<[String]> = []
    for case .observed(let observation) in survey.values {
      texts.insert(
        [ReleasePath.trustBundle, .revocationLists].map { observation.texts[$0.relative] ?? "" })
    }
    let needed = Set(hosts.values.flatMap(\.release.facts.trusts))
    for text in texts.sorted(by: { $0[0] < $1[0] }) {
      for (pem, facts) in Self.certificates(in: text[0]) {
        guard let identifier = facts.subjectKeyIdentifier, needed.contains(identifier),
          !isRetired(identifier), !authorities.contains(where: { $0.keyIdentifier == identifier })
        else { continue }
        learn(
          FleetKnowledge(authorities: [
            AuthorityRecord(
              generation: nextGeneration, commonName: facts.commonName, keyIdentifier: identifier,
              fingerprint: facts.fingerprint,
              notBefore: Timestamp(secondsSince1970: facts.notBefore),
              notAfter: Timestamp(secondsSince1970: facts.notAfter), certificate: pem,
              status: .signing)
          ]), at: .current)
      }
    }
    for text in texts { takeRevocationLists(in: text[1]) }
  }

  private var nextGeneration: Int {
    (authorities.map(\.generation) + retiredAuthorities.map(\.generation)).max().map { $0 + 1 } ?? 1
  }

  private static func certificates(in bundle: String) -> [(pem: String, facts: CertificateFacts)] {
    guard let read = try? CertificateBundle(pem: bundle, named: "a host's bundle"),
      let texts = try? read.canonicalPEM()
    else { return [] }
    return Array(zip(texts, read.facts)).filter(\.1.isAuthority)
      .map { (pem: $0.0, facts: $0.1) }
  }

  private mutating func takeRevocationLists(in text: String) {
    let end = "-----END X509 CRL-----\n"
    for index in authorities.indices {
      let record = authorities[index]
      func list(_ pem: String) -> RevocationList? {
        try? RevocationList(pem: pem, signedBy: record.certificate, named: "a host's list")
      }
      var newest = record.revocationList.flatMap(list)
      for part in text.split(separator: end, omittingEmptySubsequences: true) {
        guard let found = list(part + end), found.number > newest?.number ?? 0 else { continue }
        newest = found
      }
      guard let newest else { continue }
      authorities[index].revocationList = newest.pem
      for entry in newest.revoked {
        let revocation = Revocation(
          serial: entry.serial, issuerKeyIdentifier: record.keyIdentifier, host: nil,
          revokedAt: Timestamp(secondsSince1970: entry.revokedAt),
          reason: Revocation.Reason(entry.reason), notAfter: record.notAfter)
        if !revocations.contains(where: { $0.isOfSame(certificateAs: revocation) }) {
          revoke(revocation)
        }
      }
    }
  }
}
