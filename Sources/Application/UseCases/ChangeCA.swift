package import CAStore
import Certificates
package import Fleet
import Inventories
package import State
import StateStores

/// The changes of the CA's folder that need no host: creation, renewal, another passphrase.
package struct ChangeCA {
  private let workspace: Workspace
  private let interaction: any Interaction

  package init(_ workspace: Workspace, _ interaction: any Interaction) {
    self.workspace = workspace
    self.interaction = interaction
  }

  /// Creates the CA that the inventory declares, or completes a creation that was interrupted.
  package func create() async throws -> CAGeneration {
    let folder = workspace.ca
    return try await workspace.whileRecorded(for: "ca create", interaction) {
      try folder.refuseSecond()
      let state = try workspace.store.open().state
      let known =
        (state?.caGenerations.map(RetiredCA.init) ?? []) + (state?.retiredCAs ?? [])
      let isNew = try folder.listing().interrupted == nil
      let passphrase = try await ConfiguredPassphrase(workspace, interaction).read(isNew: isNew)
      let record = try folder.add(
        workspace.inventory.ca, beside: known, passphrase: passphrase,
        now: Timestamp.current.secondsSince1970)
      try folder.makeFleetKey(
        record.generation, of: workspace.inventory.fleet.text, after: state?.fleetKeys ?? [],
        passphrase: passphrase)
      return record
    }
  }

  /// Renews the certificate of a generation with the same key.
  ///
  /// - Parameter generation: nil for the one that signs.
  package func renew(
    generation: Int?
  ) async throws -> (old: CAGeneration, new: CAGeneration) {
    try await workspace.whileRecorded(for: "ca renew", interaction) {
      let generations = try workspace.caGenerations()
      guard let old = generations.last(where: { [nil, $0.generation].contains(generation) })
      else {
        throw Failure(
          .usage,
          "there is no \(generation.map { "generation \($0)" } ?? "CA") in \(workspace.ca.path): see"
            + " \"deploy ca show\"")
      }
      guard old.status != .retiring else {
        throw Failure(
          .failed,
          "generation \(old.generation) is being retired by a rotation, so it cannot be renewed: run"
            + " \"deploy rotate ca\" to complete the rotation")
      }
      let keyring = CAAccess(workspace, interaction).keyring
      let ca = try await keyring.ca(old)
      let new = try workspace.ca.renew(
        old, ca, below: await keyring.root(above: ca),
        validFor: workspace.inventory.ca.validFor.seconds,
        now: Timestamp.current.secondsSince1970)
      return (old, new)
    }
  }

  /// Encrypts the keys with another passphrase.
  ///
  /// - Parameter source: where the new one comes from.
  package func changePassphrase(
    to source: PassphraseSource
  ) async throws -> CAFolder.PassphraseChange {
    try await workspace.whileRecorded(for: "ca passphrase", interaction) {
      _ = try workspace.caGenerations()
      let old = try await ConfiguredPassphrase(workspace, interaction).read()
      let new = try await ConfiguredPassphrase.new(from: source, workspace, interaction).read(
        isNew: source == .terminal)
      return try workspace.ca.changePassphrase(from: old, to: new)
    }
  }
}
