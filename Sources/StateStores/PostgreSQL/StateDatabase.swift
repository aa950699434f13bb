package import Files
internal import Fleet
internal import FoundationEssentials
package import PostgreSQL
package import State

/// The state and the CA's files of a fleet in a PostgreSQL database, which any number of runners share.
package struct StateDatabase: FleetStore {
  let address: DatabaseAddress
  let session: DatabaseSession
  let fleet: String
  private let files: DatabaseFiles

  /// Connects when something is read.
  ///
  /// - Parameter place: what the database is called in messages.
  package init(_ address: DatabaseAddress, place: String, fleet: String) {
    self.address = address
    self.fleet = fleet
    session = DatabaseSession(address, place: place)
    files = DatabaseFiles(session, fleet: fleet)
  }

  package var place: String { session.place }
  package var caFolder: String { files.folder }
  package var caFiles: any FileStore { files }
  package var historyLog: any HistoryLog { DatabaseHistory(session: session, fleet: fleet) }

  package func open() throws -> any OpenState { try DatabaseState(session, fleet: fleet) }

  package func open(in reservation: any Reservation) throws -> any OpenState {
    guard let reservation = reservation as? DatabaseReservation else {
      preconditionFailure("A reservation of another store was given. This is a bug in deploy.")
    }
    return try DatabaseState(session, fleet: fleet, run: reservation.run)
  }

  package func reserve(
    _ hosts: @escaping @Sendable (FleetState?) -> ReservedHosts, for holder: LockHolder,
    waiting wait: LockWait
  ) async throws -> any Reservation {
    let run = UUID().uuidString.lowercased()
    let request = ReservationRequest(run: run, fleet: fleet, holder: holder)
    let deadline = ContinuousClock.now + wait.timeout
    var isReported = false
    while true {
      let start = ContinuousClock.now
      let outcome = try await onItsOwnThread { [session, fleet] in
        // What is reserved may depend on what another run has written a moment ago.
        var wanted = hosts(try StateRecords.read(session, fleet: fleet))
        while true {
          let outcome = try request.reserve(wanted, over: session)
          guard case .reserved = outcome else { return outcome }
          let now = hosts(try StateRecords.read(session, fleet: fleet))
          if wanted.covers(now) { return outcome }
          wanted = wanted.union(now)
        }
      }
      guard case .blocked(let other, let names) = outcome else {
        try await onItsOwnThread { [files] in try files.belong(to: run) }
        let pulse = Pulse(
          of: run, over: DatabaseSession(address, place: place), from: start)
        return DatabaseReservation(run, session, files, pulse)
      }
      guard ContinuousClock.now < deadline else { throw locked(by: other, names, wait) }
      if !isReported { wait.report(other) }
      isReported = true
      try await Task.sleep(for: .milliseconds(300))
    }
  }

  private func locked(
    by other: LockHolder, _ hosts: [String], _ wait: LockWait
  ) -> StateDatabaseError {
    let shown = hosts.prefix(5).joined(separator: ", ") + (hosts.count > 5 ? ", …" : "")
    let what = hosts == ["*"] ? "the fleet" : shown
    return StateDatabaseError(
      .locked(by: other), place,
      "another run (\(other)) has \(what). Wait until it finishes, or let this run wait with --lock-timeout. If"
        + " that run has died, it loses them after \(Pulse.lifetime) s.")
  }
}

extension ReservedHosts {
  /// Whether everything of another one is in this one.
  func covers(_ other: ReservedHosts) -> Bool {
    switch (self, other) {
    case (.fleet, _): true
    case (_, .fleet): false
    case (.hosts(let changed, let needed), .hosts(let otherChanged, let otherNeeded)):
      changed.isSuperset(of: otherChanged) && changed.union(needed).isSuperset(of: otherNeeded)
    }
  }

  func union(_ other: ReservedHosts) -> ReservedHosts {
    guard case .hosts(let changed, let needed) = self,
      case .hosts(let otherChanged, let otherNeeded) = other
    else { return .fleet }
    return .hosts(changed: changed.union(otherChanged), needed: needed.union(otherNeeded))
  }
}
