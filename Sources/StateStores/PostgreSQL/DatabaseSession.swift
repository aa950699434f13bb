internal import Glibc
package import PostgreSQL
internal import Synchronization

/// The connection of one run to its fleet's database. It is opened when it is first needed, and again if it
/// was lost.
///
/// A call blocks its thread, at most for the time that it is given. A statement may be sent again after the connection
/// was lost, so every statement has to be one that can be repeated.
package final class DatabaseSession: Sendable {
  /// How long a call may take, with all attempts to connect again.
  package static let patience = Duration.seconds(15)
  /// How long one attempt may take, so that there is time for another one.
  private static let attempt = Duration.seconds(5)
  /// The server ends what takes longer, and a transaction whose run stopped in the middle of it.
  private static let settings = """
    SET statement_timeout = '30s'; SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '5s'; SET search_path = pg_catalog;
    """

  private let address: DatabaseAddress
  /// What the database is called in messages.
  package let place: String
  private let state = Mutex(Connected())
  private let steps = Atomic(0)

  /// Numbers the writes of a run: one that was given up, and comes late, is not carried out after a later one.
  func nextStep() -> String { "\(steps.add(1, ordering: .relaxed).newValue)" }

  private struct Connected: ~Copyable {
    var connection: DatabaseConnection?
    /// Whether the server has accepted this address and its tables are those of this program.
    var isProven = false
  }

  package init(_ address: DatabaseAddress, place: String) {
    self.address = address
    self.place = place
  }

  /// Sends one statement that can be repeated, and returns its rows.
  ///
  /// - Parameter isLarge: whether one attempt may take all of the time.
  func query(
    _ sql: String, _ parameters: [String?] = [], within time: Duration = patience,
    isLarge: Bool = false
  ) throws -> DatabaseRows {
    try attempts(within: time, each: isLarge ? time : Self.attempt) { connection, deadline in
      try connection.query(sql, parameters, by: deadline)
    }
  }

  /// Runs several statements as one transaction; all of them again if the connection is lost.
  func transaction<Value: Sendable>(
    within time: Duration = patience,
    _ body: (inout DatabaseConnection, ContinuousClock.Instant) throws -> Value
  ) throws -> Value {
    try attempts(within: time) { connection, deadline in
      try connection.execute("BEGIN", by: deadline)
      let value = try body(&connection, deadline)
      try connection.execute("COMMIT", by: deadline)
      return value
    }
  }

  /// Runs a body over an open connection. After an error the connection is closed, which ends its transaction.
  ///
  /// - Parameter checksTables: false if they are about to be made.
  func attempts<Value: Sendable>(
    within time: Duration = patience, each: Duration = attempt, checksTables: Bool = true,
    _ body: (inout DatabaseConnection, ContinuousClock.Instant) throws -> Value
  ) throws -> Value {
    let deadline = ContinuousClock.now + time
    var pause: UInt32 = 50
    while true {
      do {
        return try state.withLock { state in
          try attempt(&state, checksTables, min(deadline, .now + each), body)
        }
      } catch let error as DatabaseError {
        let isWorthAnother = error.isTransient && state.withLock { $0.isProven }
        guard isWorthAnother, ContinuousClock.now + .milliseconds(pause) < deadline else {
          throw StateDatabaseError(error, place)
        }
        // A server that restarts refuses connections for seconds.
        usleep(1000 * pause)
        pause = min(2 * pause, 800)
      }
    }
  }

  private func attempt<Value>(
    _ state: inout Connected, _ checksTables: Bool, _ deadline: ContinuousClock.Instant,
    _ body: (inout DatabaseConnection, ContinuousClock.Instant) throws -> Value
  ) throws -> Value {
    var connection: DatabaseConnection
    if let open = state.connection.take(), open.isOpen {
      connection = open
    } else {
      connection = try DatabaseConnection(address, by: deadline)
      try connection.execute(Self.settings, by: deadline)
    }
    if checksTables, !state.isProven { try checkTables(&connection, deadline) }
    let value = try body(&connection, deadline)
    state.isProven = state.isProven || checksTables
    state.connection = consume connection
    return value
  }

  private func checkTables(
    _ connection: inout DatabaseConnection, _ deadline: ContinuousClock.Instant
  ) throws {
    let version = try connection.query(DatabaseSchema.present, by: deadline).integer(0, 0) ?? 0
    guard version <= DatabaseSchema.version else {
      throw StateDatabaseError(
        .newerVersion, place,
        "its tables have version \(version), and this deploy knows versions up to"
          + " \(DatabaseSchema.version). Use the newer deploy that made them.")
    }
    guard version == DatabaseSchema.version else {
      throw StateDatabaseError(
        .notMigrated, place,
        "its tables have version \(version), and this deploy needs version \(DatabaseSchema.version): bring"
          + " them up to date with\n    deploy state migrate\nOlder programs do not work with them then."
      )
    }
  }
}
