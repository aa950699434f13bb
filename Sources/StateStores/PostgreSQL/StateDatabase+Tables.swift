internal import PostgreSQL
package import State

/// Making the tables, and moving a fleet out of them.
extension StateDatabase {
  /// Makes the tables, or brings older ones up to date. Several programs may try at the same time.
  ///
  /// - Returns: the versions before, 0 if there were no tables, and after.
  package func makeTables() throws -> (before: Int, after: Int) {
    let after = DatabaseSchema.version
    let before = try session.attempts(checksTables: false) { connection, deadline in
      try connection.execute("BEGIN", by: deadline)
      _ = try connection.query(DatabaseSchema.lock, by: deadline)
      let exists = try connection.query(
        "SELECT to_regclass('deploy.schema_version') IS NOT NULL", by: deadline)
      var before = 0
      if exists.text(0, 0) == "t" {
        before = try connection.query(DatabaseSchema.present, by: deadline).integer(0, 0) ?? 0
      }
      if before < after {
        try connection.execute(DatabaseSchema.migration(from: before), by: deadline)
      }
      try connection.execute("COMMIT", by: deadline)
      return before
    }
    // A newer version is refused by everything that uses the tables.
    return (before, max(before, after))
  }

  /// Notes that the fleet is in files from now on: the database refuses to be used for it.
  package func markMoved(in reservation: any Reservation) throws {
    try reservation.check()
    _ = try session.query(
      "UPDATE deploy.fleets SET moved_at = clock_timestamp() WHERE name = $1", [fleet])
  }

  /// Lets a fleet that was moved to files come back, if the files have what the database had then or more: an older copy
  /// of them is refused by everything that uses the database.
  package func forgetMove(before source: FleetState?) throws {
    _ = try session.query(
      """
      WITH old AS (
        UPDATE deploy.fleets SET moved_at = NULL, serial = 0, lineage = ''
        WHERE name = $1 AND moved_at IS NOT NULL AND lineage = $2 AND serial <= $3::bigint RETURNING id
      ), records AS (DELETE FROM deploy.records r USING old WHERE r.fleet = old.id)
      DELETE FROM deploy.files f USING old WHERE f.fleet = old.id
      """, [fleet, source?.lineage ?? "", "\(source?.serial ?? 0)"])
  }
}
