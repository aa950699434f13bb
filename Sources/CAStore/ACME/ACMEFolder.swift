import Files
package import Fleet
import FoundationEssentials
package import Inventories

/// The folder beside the CA's files with ACME accounts and the certificates that were ordered, such as `shop.ca/acme/`.
///
///     account-default.key    the account's private key, encrypted with the CA's passphrase
///     account-default.json   an ``ACMEAccountRecord``: what is public about it
///     site-shop.example.json a ``SiteOrderRecord``: the current certificate and the order that is under way
///
/// Every change needs the lock of the fleet's state, and is one file that is replaced as a whole.
package struct ACMEFolder: Sendable {
  /// The folder, such as `Inventories/shop.ca/acme`.
  package let path: String
  let storage: any FileStore

  package func keyPath(_ account: ACMEAccountName) -> String { "\(path)/account-\(account).key" }
  private func recordPath(_ account: ACMEAccountName) -> String {
    "\(path)/account-\(account).json"
  }
  package func orderPath(_ site: DomainName) -> String { "\(path)/site-\(site).json" }

  // MARK: - Accounts

  /// What is public about an account; nil before it has a key.
  package func account(_ name: ACMEAccountName) throws -> ACMEAccountRecord? {
    try read(ACMEAccountRecord.self, recordPath(name))
  }

  package func save(_ record: ACMEAccountRecord, of name: ACMEAccountName) throws {
    try write(record, recordPath(name), for: .everyone)
  }

  /// The encrypted key of an account; nil if it has none.
  package func accountKey(_ name: ACMEAccountName) throws -> String? {
    let path = keyPath(name)
    guard try storage.exists(path) else { return nil }
    return String(decoding: try storage.read(path, as: .caKey), as: UTF8.self)
  }

  /// Keeps the key of a new account. It is written before its record, so that no record lacks its key.
  package func save(encryptedKey: String, of name: ACMEAccountName) throws {
    try storage.makeFolder(path)
    try storage.create(keyPath(name), text: encryptedKey, for: .ownerAlone)
  }

  // MARK: - Orders

  /// What was ordered for a site; nothing if there is no file.
  package func orders(of site: DomainName) throws -> SiteOrderRecord {
    try read(SiteOrderRecord.self, orderPath(site)) ?? SiteOrderRecord()
  }

  package func save(_ record: SiteOrderRecord, of site: DomainName) throws {
    try write(record, orderPath(site), for: .ownerAlone)
  }

  /// The sites for which anything was ordered, also those that the inventory no longer has.
  package func sites() throws -> [DomainName] {
    try files().orders.compactMap { path in
      let name = path.split(separator: "/").last ?? ""
      return DomainName(String(name.dropFirst("site-".count).dropLast(".json".count)))
    }
  }

  /// The paths of all files with encrypted keys, sorted: those of accounts, then those of sites.
  func files() throws -> (keys: [String], orders: [String]) {
    let names = try storage.names(in: path)
    return (
      names.filter { $0.hasPrefix("account-") && $0.hasSuffix(".key") }.map { "\(path)/\($0)" },
      names.filter { $0.hasPrefix("site-") && $0.hasSuffix(".json") }.map { "\(path)/\($0)" }
    )
  }

  // MARK: - Files

  func read<Record: Decodable>(_ type: Record.Type, _ path: String) throws -> Record? {
    guard try storage.exists(path) else { return nil }
    let bytes = try storage.read(path, as: .ca)
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw CAStoreError(
        "\(path) is damaged (\(Self.reason(error))): restore it from a backup, or remove it to order the"
          + " certificate again")
    }
  }

  private static func reason(_ error: any Error) -> String {
    switch error as? DecodingError {
    case .dataCorrupted(let context), .keyNotFound(_, let context),
      .typeMismatch(_, let context), .valueNotFound(_, let context):
      context.debugDescription
    default: "\(error)"
    }
  }

  func write(
    _ record: some Encodable, _ path: String, for access: FileWriter.Access
  ) throws {
    try storage.makeFolder(self.path)
    try storage.replace(path, contents: try Self.encode(record), for: access)
  }

  static func encode(_ record: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(record)) + [UInt8(ascii: "\n")]
  }
}

extension CAFolder {
  /// The accounts and orders at public CAs.
  package var acme: ACMEFolder { ACMEFolder(path: "\(path)/acme", storage: storage) }
}
