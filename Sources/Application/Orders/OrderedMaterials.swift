import ACME
import CAStore
import Certificates
import Fleet
import Inventories
import Planning

/// What was ordered for the sites of an inventory, as plans need it. Each record is read once; no key is decrypted.
struct OrderedMaterials {
  private let workspace: Workspace
  private var records: [DomainName: SiteOrderRecord] = [:]
  /// Those of sites whose certificates are no longer ordered.
  private var formerRecords: [DomainName: SiteOrderRecord] = [:]
  /// The sites whose certificates this run revokes.
  private let revoked: Set<DomainName>

  /// Reads the records.
  ///
  /// - Parameters:
  ///   - revoked: the sites whose certificates this run revokes.
  ///   - isWhole: whether sites count whose certificates are no longer ordered.
  init(
    _ workspace: Workspace, revoking revoked: Set<DomainName> = [], withFormer isWhole: Bool = false
  ) throws {
    self.workspace = workspace
    self.revoked = revoked
    let folder = workspace.ca.acme
    let ordering = Set(workspace.inventory.sites.filter(\.isCertificateOrdered).map(\.domain))
    for site in ordering { records[site] = try folder.orders(of: site) }
    guard isWhole else { return }
    for site in try folder.sites() where !ordering.contains(site) {
      formerRecords[site] = try folder.orders(of: site)
    }
  }

  /// Adds the certificates and the thumbprints of accounts.
  func add(to materials: inout Materials) throws {
    let folder = workspace.ca.acme
    for account in ACMEAccounts.used(by: workspace.inventory) where account.dns == nil {
      materials.thumbprints[account.name] = try folder.account(account.name)?.thumbprint
    }
    for (site, record) in records {
      guard let current = record.current else { continue }
      // As soon as it is noted, another one may have been ordered.
      let isToBeRevoked = revoked.contains(site) && record.revoking.isEmpty
      materials.siteCertificates[site] = try material(
        current, isRevoked: current.isRevoked || isToBeRevoked, replaced: record.replaced,
        at: folder.orderPath(site))
    }
    for (site, record) in formerRecords {
      guard let current = record.current else { continue }
      materials.formerOrders[site] = try material(
        current, isRevoked: current.isRevoked, replaced: record.replaced,
        at: folder.orderPath(site))
    }
  }

  private func material(
    _ issued: SiteOrderRecord.Issued, isRevoked: Bool, replaced: [String], at path: String
  ) throws -> Materials.SiteCertificate {
    let leaf = try CertificateFacts.readAll(pem: issued.certificate, named: path)[0]
    let request = issued.request
    let source =
      request.command.map { OrderSource.command($0, files: request.files ?? []) }
      ?? request.directory.flatMap { DirectoryURL($0) }.map { .acme($0) }
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
        from: source, names: request.names, profile: request.profile,
        key: request.key.flatMap { KeyKind(rawValue: $0) }, keyDigest: issued.key.digest,
        serial: leaf.serial, notBefore: Timestamp(secondsSince1970: leaf.notBefore),
        notAfter: end, suggestion: suggestion, isRevoked: isRevoked, replaced: Set(replaced)))
  }

  /// Asks servers when certificates should be renewed, where it is time to ask again (RFC 9773). A server that does not
  /// answer is not a failure: renewal is then due by the lifetime.
  ///
  /// - Returns: the sites about which a server said something.
  @discardableResult
  mutating func askServers() async -> [DomainName] {
    var answered: [DomainName] = []
    var silent: Set<ACMEAccountName> = []
    for site in workspace.inventory.sites {
      guard let account = workspace.inventory.acmeAccount(of: site),
        !silent.contains(account.name), let current = records[site.domain]?.current,
        current.request.directory == account.directory.text,
        (current.suggestion?.next ?? 0) <= Timestamp.current.secondsSince1970,
        let identifier = try? current.identifier(),
        let client = try? ACMEAccounts.reader(account, workspace)
      else { continue }
      do {
        guard let (info, next) = try await client.renewal(of: identifier) else { continue }
        records[site.domain]?.current?.suggestion = .init(
          start: info.start.secondsSince1970, end: info.end.secondsSince1970,
          next: min(next, Timestamp.current.adding(seconds: 86_400)).secondsSince1970)
        answered.append(site.domain)
      } catch {
        silent.insert(account.name)
      }
    }
    return answered
  }

  /// Asks servers and keeps what they say. The lock of the state has to be held since the records were read.
  ///
  /// - Parameter sites: the others may belong to another run.
  mutating func refresh(_ sites: Set<DomainName>) async throws {
    for site in await askServers() where sites.contains(site) {
      if let record = records[site] { try workspace.ca.acme.save(record, of: site) }
    }
  }
}

extension ACMEFolder {
  /// SHA-256 of the ordered certificates that were revoked, in lower-case hex.
  func revokedDigests() throws -> Set<String> {
    Set(try sites().flatMap { try orders(of: $0).revoked })
  }
}
