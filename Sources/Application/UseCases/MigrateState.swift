import CAStore
import Certificates
import Fleet
import Glibc
import Inventories
import State
import StateStores

/// Moves the state and the CA of a fleet from files into a database, or back (`deploy state migrate`).
package struct MigrateState {
  /// What was done.
  package struct Outcome {
    /// The versions of the tables; nil if they were not looked at.
    package fileprivate(set) var tables: (before: Int, after: Int)?
    /// What was moved; nil if there was nothing to move.
    package fileprivate(set) var moved: Moved?
  }

  /// A fleet that was moved, and whose copy was compared with the original.
  package struct Moved {
    package var serial: Int
    package var hosts: Int
    /// The number of files of the CA.
    package var files: Int
    package var destination: String
    /// The files of before, under the names that they have now.
    package var kept: [String]
  }

  private let workspace: Workspace
  private let interaction: any Interaction
  private let database: StateDatabase
  private let files: StateFiles

  package init(
    _ workspace: Workspace, _ location: FleetLocation, _ interaction: any Interaction
  ) throws {
    guard case .postgresql(let place) = workspace.inventory.state else {
      throw Failure(
        .usage,
        "\(workspace.inventoryPath) keeps the state in files. To move it into a database, add for example\n"
          + "    state:\n      postgresql: {service: deploy}")
    }
    self.workspace = workspace
    self.interaction = interaction
    database = Workspace.database(of: workspace.inventory, place)
    files = Workspace.files(of: workspace.inventory, location, stem: workspace.networkFiles.stem)
  }

  private func folder(of store: any FleetStore) -> CAFolder {
    CAFolder(path: store.caFolder, inventoryPath: workspace.inventoryPath, in: store.caFiles)
  }

  /// Makes the tables, and moves what the files have into them.
  package func toDatabase() async throws -> Outcome {
    var outcome = Outcome(tables: try database.makeTables())
    let (ca, state) = (folder(of: files), try files.open().state)
    let isEmpty = try state == nil && ca.hasNoFiles()
    guard !isEmpty else { return outcome }
    try database.forgetMove(before: state)
    outcome.moved = try await whileBothReserved { _, reservation in
      try refuseOther(try database.open().state, than: state, in: database.place)
      let moved = try await copy(from: files, to: database, reservation)
      return try with(moved, kept: retireFiles())
    }
    return outcome
  }

  /// Moves what the database has into files beside the inventory.
  package func toFiles() async throws -> Outcome {
    let state = try database.open().state
    guard state != nil else {
      throw Failure(
        .failed, "\(database.place) has nothing of this fleet, so there is nothing to move")
    }
    let moved = try await whileBothReserved { local, remote in
      try refuseOther(try files.open().state, than: state, in: files.place)
      let moved = try await copy(from: database, to: files, local)
      try database.markMoved(in: remote)
      return moved
    }
    return Outcome(moved: moved)
  }

  private func whileBothReserved<Output>(
    _ body: (any Reservation, any Reservation) async throws -> Output
  ) async throws -> Output {
    let holder = LockHolder(
      who: Workspace.user, since: .current, what: "state migrate", processID: getpid())
    let local = try await files.reserve(
      { _ in .fleet }, for: holder, waiting: workspace.lockWait)
    let remote = try await database.reserve(
      { _ in .fleet }, for: holder, waiting: workspace.lockWait)
    let output: Output
    do {
      output = try await body(local, remote)
    } catch {
      await remote.end()
      await local.end()
      throw error
    }
    await remote.end()
    await local.end()
    return output
  }

  /// Stops if the destination has a state already, unless an interrupted move has written it: then it is the same.
  private func refuseOther(
    _ present: FleetState?, than source: FleetState?, in place: String
  ) throws {
    guard let present else { return }
    // Without a state in the files, their state was moved before, and the CA is compared file by file.
    guard let source, !present.hasSameRecords(as: source) else { return }
    throw Failure(
      .failed,
      "\(place) has a state of the fleet already (lineage \(present.lineage), serial \(present.serial)), and it is not"
        + " a copy of this one (lineage \(source.lineage), serial \(source.serial)). Nothing was"
        + " changed: move the one away that is not needed")
  }

  /// Copies everything, the state last: without it, the destination counts as empty.
  private func copy(
    from source: any FleetStore, to destination: any FleetStore, _ reservation: any Reservation
  ) async throws -> Moved {
    let (old, new) = (folder(of: source), folder(of: destination))
    var passphrase: Secret?
    if try old.needsPassphrase(toCopyTo: new) {
      let given = try await ConfiguredPassphrase(workspace, interaction).read(isNew: false)
      try old.check(given)
      passphrase = given
    }
    let count = try old.copy(to: new, passphrase: passphrase)
    let state =
      try source.open().state
      ?? FleetState(fleet: workspace.inventory.fleet.text, lineage: "")
    for entry in try source.historyLog.read().entries { try destination.historyLog.append(entry) }
    if !state.lineage.isEmpty, try destination.open().state == nil {
      var open = try destination.open(in: reservation)
      try open.write(state)
    }
    let copied = try destination.open().state
    guard state.lineage.isEmpty || copied?.hasSameRecords(as: state) == true else {
      throw Failure(.failed, "\(destination.place) does not have what was written: migrate again")
    }
    return Moved(
      serial: copied?.serial ?? 0, hosts: state.hosts.count, files: count,
      destination: destination.place,
      kept: [])
  }

  private func with(_ moved: Moved, kept: [String]) -> Moved {
    var moved = moved
    moved.kept = kept
    return moved
  }

  /// Renames the files, so that no older program and no restored inventory continues with them.
  private func retireFiles() throws -> [String] {
    let history = files.historyLog.name
    // The state last: without it, nothing shows what the other files belong to.
    let paths = [files.caFolder, history, history + ".1", files.place + ".previous", files.place]
    return try paths.compactMap { path in
      guard rename(path, path + ".migrated") == 0 else {
        guard errno == ENOENT else {
          throw Failure(
            .failed,
            "\(path) was copied into the database, but could not be renamed: \(String(cString: strerror(errno)))."
              + " Move it away: it must not be used again")
        }
        return nil
      }
      return path + ".migrated"
    }
  }
}
