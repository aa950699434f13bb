import Fleet
import Inventories
import Nginx
import State

/// The certificates that a host has, and the same ones again with new keys when they are due.
extension HostRenewal {
  /// Renews the certificates of the fleet's CA.
  func renewCertificates(of present: ReleaseRecord, _ renewed: inout Renewed) {
    let review = CertificateReview(context: context, host: host.name, snapshot: snapshot)
    for (path, record) in present.certificates.sorted(by: { $0.key < $1.key }) {
      guard let reason = review.expiryReason(record.notAfter),
        let place = CertificatePlace(path, of: host.name)
      else { continue }
      let blockers = blockers(of: record, at: path, place).map { "\(path): \(reason), but \($0)" }
      guard blockers.isEmpty else {
        renewed.blockers += blockers
        continue
      }
      renewed.certificates.append(
        PlannedCertificate(
          path: path, keyPath: place.keyPath, purpose: place.purpose,
          commonName: place.commonName, names: record.names, key: record.key,
          validFor: context.inventory.ca.certificates.validFor.seconds, reason: reason,
          replaced: .there(record)))
      renewed.files[path] = PlannedFile(path: path, source: .certificate(path))
      renewed.files[place.keyPath] = PlannedFile(
        path: place.keyPath, source: .key(path), isSecret: true)
    }
  }

  /// Why the same certificate cannot be issued again.
  private func blockers(
    of record: CertificateRecord, at path: String, _ place: CertificatePlace
  ) -> [String] {
    var blockers: [String] = []
    if context.isRevoked(record) {
      blockers.append("it is revoked: \"deploy apply\" issues another one")
    }
    if let ca = context.signingCA, ca.keyIdentifier != record.issuerKeyIdentifier {
      blockers.append(
        "its issuer is \"\(record.issuer)\", not \"\(ca.commonName)\": \"deploy apply\" changes the CA of all hosts"
      )
    }
    // Names that only the host reports are never signed.
    let recorded = context.input.state.hosts[host.name]?.release.certificates[path]?.names ?? []
    let known = Set(recorded).union(place.names(of: host.name, in: context.inventory))
    let unknown = record.names.filter { !known.contains($0) }
    if !unknown.isEmpty {
      blockers.append(
        "neither the state nor the inventory has its name \(unknown.joined(separator: ", ")): \"deploy apply\" issues"
          + " another one")
    }
    return blockers
  }

  /// Brings certificates that were ordered for sites, instead of those that were ordered before and are due, or have the same
  /// names, key and profile.
  func renewSiteCertificates(of present: ReleaseRecord, _ renewed: inout Renewed) {
    let part = ReleasePart.siteCertificates
    for domain in Set(part.domains(of: present.files.keys.filter(part.contains))).sorted() {
      let path = ReleasePath.publicCertificate(of: domain).relative
      let keyPath = ReleasePath.publicKey(of: domain).relative
      guard let material = context.materials.siteCertificates[domain],
        let ordered = material.ordered, present.files[keyPath] != nil,
        // A certificate of the fleet's CA has another source, which only an apply changes.
        present.certificates[path] == nil,
        let installed = present.files[path]?.digest, let former = ordered.replaced[installed],
        former.isAlike || former.isDue(at: context.input.now),
        ordered.notAfter > context.input.now, !ordered.isRevoked,
        let site = context.inventory.sites.first(where: { $0.domain == domain }),
        ordered.source == context.inventory.orderSource(of: site)
      else { continue }
      let missing = servedNames(of: domain).filter { !ordered.covers($0) }
      guard missing.isEmpty else {
        renewed.blockers.append(
          "\(path): the certificate that was ordered lacks the name \(missing.joined(separator: ", ")), which the host"
            + " serves: \"deploy apply\" changes both")
        continue
      }
      renewed.files[path] = PlannedFile(path: path, source: .text(material.certificate))
      if !snapshot.isInstalled(keyPath, ordered.keyDigest) {
        renewed.files[keyPath] = PlannedFile(
          path: keyPath, source: .orderedKey(domain, ordered.keyRecord), isSecret: true)
      }
    }
  }

  /// The names of a site in the configuration that the host has.
  private func servedNames(of domain: DomainName) -> [String] {
    let path = ReleasePath.configuration(of: domain, as: .frontEnd).relative
    var names: Set<String> = [domain.text]
    for line in (snapshot.texts[path] ?? "").split(separator: "\n") {
      let words = line.split(whereSeparator: { $0 == " " || $0 == ";" })
      guard words.first == "server_name" else { continue }
      names.formUnion(words.dropFirst().map(String.init))
    }
    return names.sorted()
  }
}

/// What follows from the path of a certificate of the fleet's CA.
private struct CertificatePlace {
  let keyPath: String
  let purpose: PlannedCertificate.Purpose
  let commonName: String
  private let role: Role?
  private let domain: DomainName?

  /// Nil for a path that this version does not know.
  init?(_ path: String, of host: HostName) {
    role = Role.allCases.first { ReleasePath.certificate(for: $0).relative == path }
    domain =
      ReleasePart.siteCertificates.contains(path)
      ? ReleasePart.siteCertificates.domains(of: [path]).first : nil
    if let role {
      keyPath = ReleasePath.key(for: role).relative
    } else if let domain {
      keyPath = ReleasePath.publicKey(of: domain).relative
    } else {
      return nil
    }
    purpose = role == .frontEnd ? .client : .server
    commonName = String((domain?.text ?? host.text).prefix(64))
  }

  /// The names that the inventory gives the certificate.
  func names(of host: HostName, in inventory: Inventory) -> Set<String> {
    switch (role, domain) {
    case (.backEnd, _): Set([host.text] + inventory.sites(servedBy: host).map(\.domain.text))
    case (.frontEnd, _): [host.text]
    case (nil, let domain):
      Set(
        inventory.sites.filter { $0.domain == domain }
          .flatMap { [$0.domain.text] + $0.aliases.map(\.text) })
    }
  }
}

extension OrderedCertificate {
  /// Whether it is valid for a name, itself or by a wildcard (RFC 6125, 6.4.3).
  fileprivate func covers(_ name: String) -> Bool {
    guard !names.contains(name) else { return true }
    guard let dot = name.firstIndex(of: ".") else { return false }
    return names.contains("*\(name[dot...])")
  }
}
