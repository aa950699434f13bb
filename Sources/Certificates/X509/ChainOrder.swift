/// How the certificates of a chain, by their positions in it, belong together.
struct ChainOrder {
  /// Equal to an earlier one.
  let repeated: [Int]
  /// From the first certificate to its issuer and so on, as far as the chain has them.
  let path: [Int]
  /// Neither on the path nor another certificate of a CA there, such as one that an older root signed.
  let unrelated: [Int]

  init(of chain: CertificateBundle) {
    let certificates = chain.certificates
    var seen: Set<String> = []
    let distinct = chain.facts.indices.filter { seen.insert(chain.facts[$0].fingerprint).inserted }
    let kept = Set(distinct)
    repeated = chain.facts.indices.filter { !kept.contains($0) }
    func issuers(of index: Int) -> [Int] {
      distinct.filter { $0 != index && certificates[index].isIssued(by: certificates[$0]) }
    }
    var path = [0]
    // The next one, if it fits: several certificates of one CA may follow each other.
    while let last = path.last,
      case let found = issuers(of: last).filter({ !path.contains($0) }),
      let next = found.first(where: { $0 > last }) ?? found.first
    {
      path.append(next)
    }
    self.path = path
    var related = Set(path)
    var open = path
    while let index = open.popLast() {
      for issuer in issuers(of: index) where related.insert(issuer).inserted { open.append(issuer) }
    }
    unrelated = distinct.filter { !related.contains($0) }
  }
}
