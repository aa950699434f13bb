import CAStore
import Certificates
import Files
package import Fleet
import FoundationEssentials
import Inventories
package import State
import StateStores

/// Adds a CA that another program created (`deploy ca import`), or newer revocation lists of the roots above
/// imported generations.
package struct ImportCA {
  /// What an import has changed.
  package enum Outcome: Sendable {
    /// A new generation; `replaced` is the one that signed until now.
    case added(CAGeneration, replaced: CAGeneration?)
    /// Another certificate of a generation, of the same key.
    case replaced(CAGeneration, previous: CAGeneration)
    /// The same files as before; what an interrupted import had not done is complete.
    case known(CAGeneration)
  }

  private let workspace: Workspace
  private let interaction: any Interaction

  package init(_ workspace: Workspace, _ interaction: any Interaction) {
    self.workspace = workspace
    self.interaction = interaction
  }

  /// Removes the passphrase from the environment, before any program is started that would inherit it.
  package static func takeSecret(of source: PassphraseSource) {
    if case .environment(let name) = source { _ = SecretEnvironment.take(name) }
  }

  /// Imports a CA. Nothing is written before everything was checked.
  ///
  /// - Parameter source: where the passphrase of the imported keys comes from, if they are encrypted.
  package func add(_ files: ForeignCAFiles, passphrase source: PassphraseSource) async throws
    -> Outcome
  {
    let reader = ForeignCAReader(source: source, interaction: interaction)
    return try await workspace.whileRecorded(for: "ca import", interaction) {
      let now = Timestamp.current
      let new = try await reader.read(files, now: now.secondsSince1970)
      try check(new, now)
      let folder = workspace.ca
      var state =
        try workspace.store.open().state
        ?? FleetState(fleet: workspace.inventory.fleet.text, lineage: "")
      try folder.takeIn(into: &state, now: now)
      let signing = state.signingCA
      let outcome: Outcome
      switch try folder.acquaintance(of: new.ca, state) {
      case .new(let generation):
        let passphrase = try await passphrase(of: state)
        outcome = .added(
          try folder.add(new, as: generation, passphrase: passphrase, now: now.secondsSince1970),
          replaced: signing)
      case .known(let known):
        let (record, rootList) = try folder.replace(
          known, with: new, passphrase: try await passphrase(of: state),
          now: now.secondsSince1970)
        rootList.map(report)
        outcome =
          record.fingerprint == known.fingerprint
          ? .known(record) : .replaced(record, previous: known)
      }
      try await complete(outcome, state)
      return outcome
    }
  }

  private func report(_ rootList: RootListOutcome) {
    let end = Timestamp(secondsSince1970: rootList.list.nextUpdate).date
    let name = "the revocation list of \"\(rootList.rootName)\" in \(rootList.path)"
    interaction.inform(
      rootList.isReplaced
        ? "Replaced \(name) by the newer one, valid until \(end)."
        : "Kept \(name), valid until \(end): the one of this import is "
          + (rootList.isSigned ? "empty." : "not newer."))
  }

  /// The last steps, which an import that is run again completes.
  private func complete(_ outcome: Outcome, _ state: FleetState) async throws {
    let record =
      switch outcome {
      case .added(let record, _), .replaced(let record, _), .known(let record): record
      }
    guard record.generation >= state.signingCA?.generation ?? 0 else { return }
    let folder = workspace.ca
    try folder.retireOthers(than: record)
    // A fleet key that is lost is not replaced by another one of the same generation.
    let isLost =
      try state.fleetKeys.contains { $0.generation == record.generation }
      && !folder.hasFleetKey(record.generation)
    guard !isLost else { return }
    try folder.makeFleetKey(
      record.generation, of: workspace.inventory.fleet.text, after: state.fleetKeys,
      passphrase: folder.encryptsFleetKeys ? try await passphrase(of: state) : nil)
  }

  /// Stops if the fleet could not use the CA: if it has the name of a site, or if hosts would refuse what it signs.
  private func check(_ new: CAImport, _ now: Timestamp) throws {
    let inventory = workspace.inventory
    let name = new.ca.facts.commonName
    let domains = inventory.sites.flatMap { [$0.domain] + $0.aliases }
    if let domain = domains.first(where: { $0.text == name.lowercased() }) {
      throw Failure(
        .failed,
        "the CA is named \"\(name)\" like the site \(domain), so its certificate could be taken for the site's:"
          + " import a CA with another common name")
    }
    let hosts = inventory.hosts.map(\.name.text)
    try new.ca.tryOut(
      names: [.server: hosts + domains.map(\.text), .client: hosts],
      lists: new.lists(now: now.secondsSince1970), now: now.secondsSince1970)
  }

  /// The passphrase of the folder's keys, which has opened one of them; a new one if there is none.
  private func passphrase(of state: FleetState) async throws -> Secret {
    let folder = workspace.ca
    let keys = try folder.listing().keys
    let present = state.caGenerations.last { keys.contains($0.generation) }
    let passphrase = try await ConfiguredPassphrase(workspace, interaction).read(
      isNew: present == nil)
    if let present { _ = try folder.unlock(present, passphrase: passphrase) }
    return passphrase
  }

  /// Replaces the revocation lists of the roots above imported generations.
  ///
  /// - Returns: the generations, and until when their root's new list is valid.
  package func updateLists(from paths: [String]) async throws -> [(CAGeneration, Timestamp)] {
    try await workspace.whileRecorded(for: "ca import", interaction) {
      let lists = try paths.map { try ForeignCAReader.lists(at: $0) }
      let generations = try workspace.caGenerations()
      let replaced = try workspace.ca.replaceRootLists(
        of: generations, with: lists, now: Timestamp.current.secondsSince1970)
      guard !replaced.isEmpty else {
        throw Failure(
          .failed,
          "\(paths.joined(separator: ", ")) has no revocation list of a root above this fleet's CA: to import a CA"
            + " with its list, name its --certificate and --key as well. To revoke a certificate of this fleet,"
            + " use \"deploy revoke\"")
      }
      return replaced.map { ($0.record, Timestamp(secondsSince1970: $0.list.nextUpdate)) }
    }
  }
}
