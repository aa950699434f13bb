import ACME
import CAStore
import Certificates
import Fleet
import Inventories
import State

/// The ACME accounts of one run: their keys are made and unlocked, and each is registered at its server once.
actor ACMEAccounts {
  private let workspace: Workspace
  private let keyring: CAKeyring
  private let interaction: any Interaction
  private var clients: [ACMEAccountName: Task<ACMEClient, any Error>] = [:]

  init(_ run: FleetRun) {
    workspace = run.workspace
    keyring = run.ca.keyring
    interaction = run.interaction
  }

  private var folder: ACMEFolder { workspace.ca.acme }

  /// The accounts with which sites of the inventory order, sorted by name.
  static func used(by inventory: Inventory) -> [ACMEAccount] {
    Set(inventory.sites.compactMap { $0.acme?.account }).sorted().compactMap { inventory.acme[$0] }
  }

  /// Makes a key for each account that has none: configurations contain its thumbprint.
  func makeKeys() async throws {
    for account in Self.used(by: workspace.inventory) {
      if try folder.account(account.name) == nil { _ = try await key(of: account.name) }
    }
  }

  /// The account's client, registered at the server. All orders of a run share it.
  func client(of account: ACMEAccount) async throws -> ACMEClient {
    let task = clients[account.name] ?? Task { try await registered(account) }
    clients[account.name] = task
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }

  /// A client that can only read, for which no key is unlocked.
  static func reader(_ account: ACMEAccount, _ workspace: Workspace) throws -> ACMEClient {
    ACMEClient(
      directory: account.directory.text, key: try AccountKey.generate(),
      transport: transport(account, workspace), clock: ImpatientClock())
  }

  private static func transport(_ account: ACMEAccount, _ workspace: Workspace) -> CurlTransport {
    CurlTransport(
      caFile: account.caFile.map { workspace.resolve($0.path.text) }, userAgent: "deploy")
  }

  private func registered(_ account: ACMEAccount) async throws -> ACMEClient {
    let key = try await key(of: account.name)
    let client = ACMEClient(
      directory: account.directory.text, key: key,
      transport: Self.transport(account, workspace), clock: RunClock())
    var record =
      try folder.account(account.name) ?? ACMEAccountRecord(thumbprint: thumbprint(of: key))
    let isNew = record.registrations[account.directory.text] == nil
    let url = try await client.register(
      Registration(
        contact: account.contact.map { "mailto:\($0)" }, termsAgreed: account.agreesToTerms,
        externalAccount: isNew ? try await externalAccount(account) : nil))
    if record.registrations[account.directory.text] != url {
      record.registrations[account.directory.text] = url
      try folder.save(record, of: account.name)
    }
    return client
  }

  /// The key of an account; made if there is none, or completed if its record was lost.
  private func key(of name: ACMEAccountName) async throws -> AccountKey {
    let path = folder.keyPath(name)
    let key: AccountKey
    if let sealed = try folder.accountKey(name) {
      key = try AccountKey.read(pem: try await keyring.open(sealed, named: path), named: path)
    } else {
      guard try folder.account(name) == nil else {
        throw Failure(
          .failed,
          "\(path) is missing: restore it from a backup. If it is lost, remove the files of the account from"
            + " \(folder.path), and the next apply registers a new one")
      }
      key = try AccountKey.generate()
      try folder.save(encryptedKey: try await seal(try key.pem(), named: path), of: name)
      interaction.inform("made the key of the ACME account \"\(name)\": \(path)")
    }
    let thumbprint = thumbprint(of: key)
    if let known = try folder.account(name) {
      guard known.thumbprint == thumbprint else {
        throw Failure(
          .failed,
          "\(path) is not the key of the account that \(folder.path) describes: restore both from one backup"
        )
      }
    } else {
      try folder.save(ACMEAccountRecord(thumbprint: thumbprint), of: name)
    }
    return key
  }

  private func thumbprint(of key: AccountKey) -> AccountThumbprint {
    guard let thumbprint = AccountThumbprint(key.thumbprint) else {
      preconditionFailure("A key has no thumbprint. This is a bug in deploy.")
    }
    return thumbprint
  }

  /// Encrypts a key with the CA's passphrase, after the CA's own key has shown that it is right.
  func seal(_ key: Secret, named name: String) async throws -> String {
    guard let signing = try workspace.caGenerations().signing else {
      preconditionFailure("A CA has no generation. This is a bug in deploy.")
    }
    return try await keyring.seal(key, named: name, like: signing)
  }

  private func externalAccount(_ account: ACMEAccount) async throws -> ExternalAccount? {
    guard let policy = account.externalAccount else { return nil }
    let secret = try await SecretReader(
      source: policy.macKey, name: "MAC key",
      origin: "from which the inventory takes the MAC key of the ACME account \"\(account.name)\"",
      resolve: { [workspace] in workspace.resolve($0) },
      ask: {
        preconditionFailure("A MAC key is never asked for. This is a bug in deploy.")
      }
    ).read()
    guard
      let external = ExternalAccount(keyIdentifier: policy.keyIdentifier, macKey: secret)
    else {
      throw Failure(
        .invalidInput,
        "\(account.place): the MAC key of the external account is not base64url: copy it again as the CA gives it"
      )
    }
    return external
  }
}

/// The clock of questions that are not worth a wait: a server that does not answer at once is not asked again.
private struct ImpatientClock: ACMEClock {
  var now: Timestamp { .current }
  func wait(seconds: Int64) async throws { throw CancellationError() }
}

/// The controller's clock.
struct RunClock: ACMEClock {
  var now: Timestamp { .current }
  func wait(seconds: Int64) async throws { try await Task.sleep(for: .seconds(seconds)) }
}
