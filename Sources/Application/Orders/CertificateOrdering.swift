import ACME
import CAStore
import Certificates
import Fleet
import Hashing
import Inventories
import Planning

/// Orders the certificate of one site, or continues an order that an earlier run began.
///
/// Every step is kept on the controller before the next one is taken: no key is lost and no order is placed twice, also
/// if the run is killed.
struct CertificateOrdering {
  /// How long a server may take to prove the names and to issue the certificate.
  private static let patience: Int64 = 600

  let order: CertificateOrder
  let site: Site
  let account: ACMEAccount
  let accounts: ACMEAccounts
  let keyring: CAKeyring
  let folder: ACMEFolder
  let solver: any ChallengeSolver
  let interaction: any Interaction

  private var path: String { folder.orderPath(order.site) }
  private var key: KeyKind { order.key ?? account.key }

  /// - Returns: when the new certificate expires.
  func place() async throws -> Timestamp {
    let client = try await accounts.client(of: account)
    var record = try folder.orders(of: order.site)
    let request = SiteOrderRecord.Request(
      account: try folder.account(account.name)?.thumbprint.text,
      directory: account.directory.text, names: order.names, profile: order.profile,
      key: key.rawValue)
    let signing = try await signingRequest(request, &record)
    try await warnOfCAA(client)
    let forRecords = account.dns.map { $0.timeout.seconds * Int64(order.names.count + 1) } ?? 0
    let deadline = Timestamp.current.adding(seconds: Self.patience + forRecords)
    var placed = try await placed(client, &record, request)
    placed = try await client.prove(placed, with: solver, until: deadline)
    placed = try await client.finalize(placed, with: signing.der, until: deadline)
    let chain = try await client.certificate(of: placed, endingIn: account.preferredChain)
    guard let pending = record.pending else {
      preconditionFailure("A certificate was not ordered. This is a bug in deploy.")
    }
    let issued = IssuedFiles(
      chain: chain, key: signing.keyPEM, from: "the certificate from \(order.server)")
    let end: Timestamp
    do {
      end = try issued.check(for: order.names)
    } catch {
      // The same order would give the same certificate again.
      record.pending = nil
      try folder.save(record, of: order.site)
      throw error
    }
    try record.complete(
      with: .init(request: pending.request, key: pending.key, certificate: chain))
    try folder.save(record, of: order.site)
    return end
  }

  /// Warns of CAA records for which the server would refuse the order. If the DNS cannot be asked, nothing is said:
  /// the server asks it in any case.
  private func warnOfCAA(_ client: ACMEClient) async throws {
    let permission = OrderPermission(
      for: site, order.names, with: account, at: try await client.directory())
    for warning in await CAALookup().findings(for: [permission].compactMap(\.self)).warnings {
      interaction.warn(warning)
    }
  }

  /// The request with the key of the order under way, or with a new key.
  private func signingRequest(
    _ request: SiteOrderRecord.Request, _ record: inout SiteOrderRecord
  ) async throws -> SigningRequest {
    if let pending = record.pending, pending.request == request {
      let key = try await keyring.open(pending.key.pem, named: path)
      return try SigningRequest.make(dnsNames: order.names, keyPEM: key, named: path)
    }
    guard let algorithm = KeyAlgorithm(rawValue: key.rawValue) else {
      preconditionFailure("There is no algorithm for \(key). This is a bug in deploy.")
    }
    let signing = try SigningRequest.make(dnsNames: order.names, key: algorithm)
    let sealed = try await accounts.seal(
      signing.keyPEM, named: "the key for the certificate of \(order.site)")
    record.pending = SiteOrderRecord.Pending(
      request: request,
      key: SiteOrderRecord.Key(pem: sealed, digest: signing.keyPEM.digest))
    try folder.save(record, of: order.site)
    return signing
  }

  /// The order under way if the server still knows it and it can succeed, or else a new one.
  private func placed(
    _ client: ACMEClient, _ record: inout SiteOrderRecord, _ request: SiteOrderRecord.Request
  ) async throws -> PlacedOrder {
    if let url = record.pending?.order, let known = try await client.usableOrder(at: url) {
      return known
    }
    var replaced: CertificateIdentifier?
    if let current = record.current, current.request.directory == request.directory {
      replaced = try current.identifier()
    }
    let placed = try await client.renew(
      order.names, profile: request.profile, replacing: replaced)
    record.pending?.order = placed.url
    try folder.save(record, of: order.site)
    return placed
  }
}

extension SiteOrderRecord.Issued {
  /// How servers know the certificate for renewal; nil if it names no issuer's key.
  func identifier() throws -> CertificateIdentifier? {
    let leaf = try CertificateFacts.readAll(pem: certificate)[0]
    return leaf.authorityKeyIdentifier.flatMap {
      CertificateIdentifier(authorityKey: $0, serial: leaf.serial)
    }
  }
}

extension SiteOrderRecord {
  /// A host that was unreachable for more renewals gets the certificate with the next apply.
  private static let remembered = 20

  /// Makes a certificate the current one, and ends the order under way.
  mutating func complete(with issued: Issued) throws {
    if let current {
      let leaf = try CertificateFacts.readAll(pem: current.certificate)[0]
      replaced.append(
        Replaced(
          digest: Digest.sha256(of: current.certificate), request: current.request,
          notBefore: leaf.notBefore, notAfter: leaf.notAfter))
      replaced.removeFirst(max(replaced.count - Self.remembered, 0))
    }
    current = issued
    pending = nil
  }
}

extension SiteOrderRecord.Request {
  /// Whether another request is for the same certificate, by any account.
  func isAlike(_ other: Self) -> Bool {
    var (left, right) = (self, other)
    (left.account, right.account) = (nil, nil)
    (left.names, right.names) = (names.sorted(), other.names.sorted())
    return left == right
  }
}

extension Secret {
  /// SHA-256 of its bytes, in lower-case hex.
  var digest: String { withUnsafeBytes { Digest.sha256(of: Array($0)) } }
}
