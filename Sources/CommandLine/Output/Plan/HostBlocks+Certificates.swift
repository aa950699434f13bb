import Algorithms
import Fleet
import Planning
import State

extension HostBlocks {
  /// Adds the certificates that a step issues: their names, issuer, expiry and the reason. Certificates of sites
  /// that differ in their names only are described together.
  func addCertificates(ofStep index: Int, of group: HostGroup, to page: inout Page) {
    let (first, own) = (group.first.steps[index].certificates, group.first.ownNames)
    for positions in first.indices.chunked(by: { isAlike(first[$0], first[$1], own) }) {
      let replaced = group.hosts.flatMap { host in
        positions.compactMap { host.steps[index].certificates[$0].replaced }
      }
      add(positions.map { first[$0] }, replacing: replaced, of: group, to: &page)
    }
  }

  private func isAlike(
    _ left: PlannedCertificate, _ right: PlannedCertificate, _ own: [String]
  ) -> Bool {
    func isOfHost(_ certificate: PlannedCertificate) -> Bool {
      own.contains(certificate.commonName)
    }
    return !isOfHost(left) && !isOfHost(right)
      && (left.purpose, left.key, left.validFor, left.reason)
        == (right.purpose, right.key, right.validFor, right.reason)
      && left.replaced?.terms.issuer == right.replaced?.terms.issuer
  }

  /// - Parameter replaced: the certificates of all hosts of the group that are replaced.
  private func add(
    _ certificates: [PlannedCertificate], replacing replaced: [PresentCertificate],
    of group: HostGroup, to page: inout Page
  ) {
    let first = certificates[0]
    let use = first.purpose == .server ? "as a server" : "as a client of back-ends"
    let paths = certificates.map(\.path).shortList(most: most)
    page.add(
      "\(certificates.count == 1 ? "certificate" : "certificates") \(paths), \(use), \(first.key)",
      indent: 4)
    let signing = caGenerations.signing
    let own = group.isSingle ? [] : group.first.ownNames
    let names = certificates.map { certificate in
      certificate.names.map { own.contains($0) ? "the host's name" : $0 }.joined(separator: ", ")
    }
    var fields = [("names", names.shortList(separator: "; ", most: most))]
    if let signing {
      fields.append(
        ("issuer", "\"\(signing.commonName)\", which expires on \(signing.notAfter.date)"))
    }
    let end = first.end(from: plan.madeAt, signedBy: signing)
    fields.append(("expiry", "\(end.date), in \(plan.madeAt.days(until: end)) days"))
    fields.append(("why", first.reason))
    if let text = text(of: replaced) { fields.append(("replaces", text)) }
    for (name, value) in fields {
      let padding = String(repeating: " ", count: max(0, 9 - name.count))
      page.add("\(name)\(padding)\(value)", indent: 8, hanging: 9)
    }
  }

  /// Nil if no certificate is replaced. All have the same issuer.
  private func text(of replaced: [PresentCertificate]) -> String? {
    guard let first = replaced.first else { return nil }
    let issuer = first.terms.issuer.map { " of \"\($0.commonName)\"" } ?? ""
    let ends = replaced.map(\.terms.notAfter)
    let (least, most) = ((ends.min() ?? ends[0]).date, (ends.max() ?? ends[0]).date)
    guard replaced.count > 1 else {
      let name =
        first.record.map { "\($0.shortSerial)\(issuer)" }
        ?? "the one\(issuer) that an earlier step issues"
      return "\(name), which expires on \(least)"
    }
    return "\(replaced.count) certificates\(issuer), which expire "
      + (least == most ? "on \(least)" : "from \(least) to \(most)")
  }
}
