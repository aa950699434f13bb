package import Files
package import Fleet
package import State

/// Where the state of a fleet and the files of its CA are kept: in files beside the inventory, or in a database
/// that several operators share.
package protocol FleetStore: Sendable {
  /// Where the state is, for messages: a path, or what the database is called.
  var place: String { get }
  /// The folder of the CA's files in ``caFiles``.
  var caFolder: String { get }
  var caFiles: any FileStore { get }
  /// The history of the fleet's runs.
  var historyLog: any HistoryLog { get }

  /// Reads the state, which may not exist yet. Another run may write meanwhile: the result is the state at one moment.
  func open() throws -> any OpenState
  /// Reads the state, to change it.
  func open(in reservation: any Reservation) throws -> any OpenState
  /// Reserves hosts, so that no other run changes them. What an interrupted run left half done is completed first.
  ///
  /// - Parameter hosts: what is needed, which may depend on the state.
  /// - Throws: an error that says who has them if they are not free in time.
  func reserve(
    _ hosts: @escaping @Sendable (FleetState?) -> ReservedHosts, for holder: LockHolder,
    waiting: LockWait
  ) async throws -> any Reservation
}

/// The history of a fleet's runs, to which runs add.
package protocol HistoryLog: Sendable {
  /// What the history is called in messages.
  var name: String { get }
  /// Adds an entry. Returns when it is safe. Adding it again makes no difference.
  func append(_ entry: RunEntry) throws
  func read() throws -> HistoryContent
}

/// What a history has, in the order in which it was added.
package struct HistoryContent: Hashable, Sendable {
  package var entries: [RunEntry] = []
  /// Why lines were skipped, one sentence each.
  package var skipped: [String] = []

  package init(entries: [RunEntry] = [], skipped: [String] = []) {
    self.entries = entries
    self.skipped = skipped
  }
}

/// The state of a fleet, as it was last read or written, open for changes. Changing it needs a ``Reservation``.
package protocol OpenState: Sendable {
  /// Nil if there is none yet.
  var state: FleetState? { get }
  /// Replaces the state. Its serial becomes a new one.
  mutating func write(_ state: FleetState) throws
  /// Makes changes, with a new serial. Returns when they are safe.
  mutating func record(_ changes: [StateChange]) throws
  /// Ends a run, after which nothing of it is left to complete.
  mutating func compact() throws
}

/// The hosts that a run reserves.
package enum ReservedHosts: Hashable, Sendable {
  /// All of them, and the CA.
  case fleet
  /// Hosts that the run changes, and hosts that it only needs to stay as they are.
  case hosts(changed: Set<HostName>, needed: Set<HostName>)
}

/// What a run has reserved, until it ends or is lost.
package protocol Reservation: Sendable {
  /// Stops if the hosts are no longer reserved, because the store could not be reached for too long.
  func check() throws
  func end() async
}

/// How long a run waits for what another one has reserved.
package struct LockWait: Sendable {
  package var timeout: Duration
  /// Called when the wait begins, and when another run is in the way.
  package var report: @Sendable (LockHolder) -> Void

  package init(timeout: Duration, report: @escaping @Sendable (LockHolder) -> Void) {
    (self.timeout, self.report) = (timeout, report)
  }

  /// Does not wait.
  package static let none = LockWait(timeout: .zero) { _ in }
}
