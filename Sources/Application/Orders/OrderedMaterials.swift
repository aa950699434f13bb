import ACME
import CAStore
import Certificates
import Fleet
import Inventories
import Planning

/// Reads what was ordered for sites, as plans need it. No key is decrypted.
struct OrderedMaterials {
  let workspace: Workspace
  /// The sites whose certificates this run revokes.
  var revoked: Set<DomainName> = []

  private var folder: ACMEFolder { workspace.ca.acme }

  /// Adds the certificates and the thumbprints of accounts.
  ///
  /// - Parameter suggestions: what servers have just said, by site, about when to renew.
  func add(
    to materials: inout Materials, suggestions: [DomainName: SiteOrderRecord.Suggestion] = [:]
  ) throws {
    for account in ACMEAccounts.used(by: workspace.inventory) where account.dns == nil {
      materials.thumbprints[account.name] = try folder.account(account.name)?.thumbprint
    }
    for site in workspace.inventory.sites where site.isCertificateOrdered {
      let record = try folder.orders(of: site.domain)
      guard var current = record.current else { continue }
      // As soon as it is noted, another one may have been ordered.
      let isToBeRevoked = revoked.contains(site.domain) && record.revoking.isEmpty
      current.suggestion = suggestions[site.domain] ?? current.suggestion
      materials.siteCertificates[site.domain] = try material(
        current, isRevoked: current.isRevoked || isToBeRevoked,
        at: folder.orderPath(site.domain))
    }
  }

  private func material(
    _ issued: SiteOrderRecord.Issued, isRevoked: Bool, at path: String
  ) throws -> Materials.SiteCertificate {
    let leaf = try CertificateFacts.readAll(pem: issued.certificate, named: path)[0]
    let source =
      issued.request.command.map { OrderSource.command($0) }
      ?? issued.request.directory.flatMap { DirectoryURL($0) }.map { .acme($0) }
    guard let source else {
      throw Failure(
        .invalidInput,
        "\(path) is damaged: restore it from a backup, or remove it to order the certificate again")
    }
    let end = Timestamp(secondsSince1970: leaf.notAfter)
    let suggestion = issued.suggestion.flatMap { suggestion in
      suggestion.start <= suggestion.end
        ? Timestamp(
          secondsSince1970: suggestion.start)...Timestamp(
            secondsSince1970: suggestion.end) : nil
    }
    return Materials.SiteCertificate(
      certificate: issued.certificate, keyDigest: nil, notAfter: end,
      namesResponder: leaf.namesResponder,
      ordered: OrderedCertificate(
        from: source, names: issued.request.names, profile: issued.request.profile,
        key: issued.request.key.flatMap { KeyKind(rawValue: $0) }, keyDigest: issued.key.digest,
        serial: leaf.serial, notBefore: Timestamp(secondsSince1970: leaf.notBefore),
        notAfter: end, suggestion: suggestion, isRevoked: isRevoked))
  }

  /// SHA-256 of the ordered certificates that were revoked, in lower-case hex.
  func revokedDigests() throws -> Set<String> {
    Set(try folder.sites().flatMap { try folder.orders(of: $0).revoked })
  }

  /// Asks servers when certificates should be renewed, where it is time to ask again (RFC 9773). A server that does not
  /// answer is not a failure: renewal is then due by the lifetime.
  func newSuggestions() async -> [DomainName: SiteOrderRecord.Suggestion] {
    var suggestions: [DomainName: SiteOrderRecord.Suggestion] = [:]
    var silent: Set<ACMEAccountName> = []
    for site in workspace.inventory.sites {
      guard let account = workspace.inventory.acmeAccount(of: site),
        !silent.contains(account.name), let current = try? folder.orders(of: site.domain).current,
        current.request.directory == account.directory.text,
        (current.suggestion?.next ?? 0) <= Timestamp.current.secondsSince1970,
        let identifier = try? current.identifier(),
        let client = try? ACMEAccounts.reader(account, workspace)
      else { continue }
      do {
        guard let (info, next) = try await client.renewal(of: identifier) else { continue }
        suggestions[site.domain] = .init(
          start: info.start.secondsSince1970, end: info.end.secondsSince1970,
          next: min(next, Timestamp.current.adding(seconds: 86_400)).secondsSince1970)
      } catch {
        silent.insert(account.name)
      }
    }
    return suggestions
  }

  /// Asks servers and keeps what they say; needs the lock of the state.
  func refreshSuggestions() async throws {
    for (site, suggestion) in await newSuggestions() {
      var record = try folder.orders(of: site)
      record.current?.suggestion = suggestion
      try folder.save(record, of: site)
    }
  }
}
