internal import Diagnostics
internal import PostgreSQL

/// Why a fleet's database could not be used: what happened, where, and what to do.
package struct StateDatabaseError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of a failure; code branches on it.
  package enum Code: Hashable, Sendable {
    /// It cannot be reached, or the connection was lost and did not come back in time.
    case unreachable
    /// It has no tables of `deploy`, or older ones.
    case notMigrated
    case newerVersion
    /// The fleet was moved to files.
    case moved
    case readOnly, permissionDenied, exhausted
    /// Another run has reserved what this one had.
    case lost
    /// Another run has reserved what this one needs.
    case locked(by: LockHolder)
    /// An error that this program does not expect.
    case failed
  }

  package let code: Code
  /// The database.
  package let place: String
  /// Complete sentences.
  package let explanation: String

  init(_ code: Code, _ place: String, _ explanation: String) {
    self.code = code
    self.place = place
    self.explanation = explanation
  }

  init(_ error: DatabaseError, _ place: String) {
    let said = error.message.text
    (code, explanation) =
      switch error.code {
      case .notConnected:
        (
          .unreachable,
          """
          could not connect: \(said). Check host, user and password as with \"psql\": in the key \"state\" of \
          the inventory, in PGSERVICE and other variables of libpq, or in ~/.pgpass.
          """
        )
      case .connectionLost, .timedOut, .conflict:
        (
          .unreachable,
          "the connection was lost and did not come back in time: \(said). Run the command again when the"
            + " server answers: it continues from what the database and the hosts have."
        )
      case .readOnly:
        (
          .readOnly,
          "it is read-only, as a standby is: \(said). Connect to the primary, for instance with"
            + " target_session_attrs=read-write in the connection string."
        )
      case .permissionDenied:
        (
          .permissionDenied,
          "\(said). The user of the connection needs all rights in the schema deploy: let its owner run"
            + " \"deploy state migrate\", or grant them."
        )
      case .exhausted:
        (
          .exhausted,
          "the server has no space or memory left: \(said). Nothing was changed by this step; make space and run"
            + " the command again."
        )
      case .undefinedTable:
        (
          .notMigrated,
          "it has no tables of deploy: make them with\n    deploy state migrate"
        )
      case .refused(let state): (.failed, "\(said) (SQLSTATE \(state))")
      }
    self.place = place
  }

  package var description: String { "\(place): \(explanation)" }
}
