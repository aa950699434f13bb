import CAStore
import Fleet
import Inventories

/// Makes the key of an ACME account and registers it at its server (`deploy acme register`).
package struct RegisterAccount {
  /// An account that is registered.
  package struct Registered {
    package let name: String
    package let server: String
    package let thumbprint: String
  }

  private let workspace: Workspace
  private let run: FleetRun

  package init(_ run: FleetRun) {
    self.run = run
    workspace = run.workspace
  }

  /// - Parameter name: the account; nil for all with which sites order.
  package func register(_ name: String?) async throws -> [Registered] {
    let wanted = try accounts(name)
    return try await workspace.whileRecorded(for: "acme register", run.interaction) {
      let accounts = ACMEAccounts(run)
      var registered: [Registered] = []
      for account in wanted {
        _ = try await accounts.client(of: account)
        guard let record = try workspace.ca.acme.account(account.name) else {
          preconditionFailure("An account has no record. This is a bug in deploy.")
        }
        registered.append(
          Registered(
            name: account.name.text, server: account.directory.server,
            thumbprint: record.thumbprint.text))
      }
      return registered
    }
  }

  private func accounts(_ name: String?) throws -> [ACMEAccount] {
    let known = workspace.inventory.acme
    guard let name else {
      guard !known.isEmpty else {
        throw Failure(
          .usage, "the inventory describes no ACME account: add the key \"acme\"")
      }
      return known.values.sorted { $0.name < $1.name }
    }
    guard let account = known.first(where: { $0.key.text == name })?.value else {
      let names = known.keys.sorted().joined(separator: ", ")
      throw Failure(.usage, "there is no ACME account \"\(name)\": the inventory has \(names)")
    }
    return [account]
  }
}
