internal import Diagnostics
internal import Files
internal import Fleet
internal import PostgreSQL

/// What a run has reserved in the database. A run that dies loses it after 30 seconds, and a run that was cut off for
/// so long has to expect that another one has it.
final class DatabaseReservation: Reservation {
  let run: String
  private let session: DatabaseSession
  private let files: DatabaseFiles
  private let pulse: Pulse
  private let beating: Task<Void, Never>

  init(_ run: String, _ session: DatabaseSession, _ files: DatabaseFiles, _ pulse: Pulse) {
    (self.run, self.session, self.files, self.pulse) = (run, session, files, pulse)
    beating = Task.detached { await pulse.beat() }
  }

  deinit { beating.cancel() }

  func check() throws { try pulse.check() }

  func end() async {
    beating.cancel()
    do {
      try await onItsOwnThread { [session, files, run] in
        try files.belong(to: nil)
        _ = try session.query(
          """
          WITH run AS (UPDATE deploy.runs SET ended_at = clock_timestamp() WHERE id = $1 RETURNING id)
          DELETE FROM deploy.reservations v USING run WHERE v.run = run.id
          """, [run], within: .seconds(5))
      }
    } catch {
      // It expires; what the run has done is recorded, or was reported.
    }
  }

  /// The error of a run whose reservation another one has taken over.
  static func lost(_ run: String, _ session: DatabaseSession) throws -> StateDatabaseError {
    let rows = try session.query(
      """
      SELECT other.who, other.command, extract(epoch FROM other.started_at)::bigint, other.process
      FROM deploy.runs own JOIN deploy.runs other ON other.id = own.lost_to WHERE own.id = $1
      """, [run])
    let other = rows.count > 0 ? "another run (\(holder(rows, 0)))" : "another run"
    return StateDatabaseError(
      .lost, session.place,
      "\(other) has taken over the hosts of this run, which the database had not heard of for"
        + " \(Pulse.lifetime) s. This run begins no other host and records nothing more: the next run reads from"
        + " the hosts what it has done.")
  }

  /// The run of a row: who, command, start, process.
  static func holder(_ rows: DatabaseRows, _ row: Int) -> LockHolder {
    LockHolder(
      who: HostText(rows.text(row, 0) ?? "", limit: 100).text,
      since: Timestamp(secondsSince1970: Int64(rows.integer(row, 2) ?? 0)),
      what: HostText(rows.text(row, 1) ?? "", limit: 100).text,
      processID: Int32(truncatingIfNeeded: rows.integer(row, 3) ?? 0))
  }
}
