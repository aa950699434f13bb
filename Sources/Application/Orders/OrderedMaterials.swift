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
  /// Why former records could not be read. They stop nothing, because the inventory does not need them.
  private var unread: [DomainName: String] = [:]
  /// The sites whose certificates this run revokes.
  private let revoked: Set<DomainName>

  /// Reads the records.
  ///
  /// - Parameters:
  ///   - revoked: the sites whose certificates this run revokes.
  ///   - isWhole: whether to read the records of sites whose certificates are no longer ordered.
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
      do {
        formerRecords[site] = try folder.orders(of: site)
      } catch {
        unread[site] = Failure(error).text
      }
    }
  }

  /// Reads the records that plans of a run need.
  init(_ workspace: Workspace, for scope: RunScope) throws {
    try self.init(
      workspace, revoking: scope.revokedSites, withFormer: scope.isLimitedToRenewals)
  }

  /// Adds the certificates and the thumbprints of accounts.
  func add(to materials: inout Materials) throws {
    let folder = workspace.ca.acme
    var thumbprints: [ACMEAccountName: AccountThumbprint] = [:]
    for account in ACMEAccounts.used(by: workspace.inventory) {
      thumbprints[account.name] = try folder.account(account.name)?.thumbprint
      if account.dns == nil { materials.thumbprints[account.name] = thumbprints[account.name] }
    }
    for (site, record) in records {
      guard var material = try material(record, at: folder.orderPath(site)) else { continue }
      // As soon as it is noted, another one may have been ordered.
      if revoked.contains(site) && record.revoking.isEmpty { material.ordered?.isRevoked = true }
      if let account = record.current?.request.account {
        let present = workspace.inventory.sites.first { $0.domain == site }?.acme?.account
        material.ordered?.isOfPresentAccount = present.flatMap { thumbprints[$0]?.text } == account
      }
      materials.siteCertificates[site] = material
    }
    for (site, record) in formerRecords {
      do {
        materials.formerOrders[site] = try material(record, at: folder.orderPath(site))
      } catch {
        materials.unread[site, default: []].append(Failure(error).text)
      }
    }
    for (site, why) in unread { materials.unread[site, default: []].append(why) }
  }

  /// Nil if nothing was issued.
  private func material(
    _ record: SiteOrderRecord, at path: String
  ) throws -> Materials.SiteCertificate? {
    guard let issued = record.current else { return nil }
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
        notAfter: end, suggestion: suggestion, isRevoked: issued.isRevoked,
        replaced: record.replacedCertificates))
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

extension SiteOrderRecord {
  /// As plans have them, by digest.
  fileprivate var replacedCertificates: [String: OrderedCertificate.Replaced] {
    Dictionary(
      replaced.map { former in
        (
          former.digest,
          .init(
            notBefore: Timestamp(secondsSince1970: former.notBefore),
            notAfter: Timestamp(secondsSince1970: former.notAfter),
            isAlike: current?.request.isAlike(former.request) ?? false)
        )
      }
    ) { $1 }
  }
}

extension ACMEFolder {
  /// SHA-256 of the ordered certificates that were revoked, in lower-case hex.
  func revokedDigests() throws -> Set<String> {
    Set(try sites().flatMap { try orders(of: $0).revoked })
  }
}
