internal import Fleet
internal import FoundationEssentials
internal import PostgreSQL
package import State

/// The state of a fleet in its database, as it was last read or written.
package struct DatabaseState: OpenState {
  package private(set) var state: FleetState?
  private let session: DatabaseSession
  private let fleet: String
  /// The run that may write; nil if the state is only read.
  private let run: String?
  /// What is in ``state`` and could not be written yet.
  private var unwritten: [RecordChange] = []

  /// Reads the state as it is at one moment.
  init(_ session: DatabaseSession, fleet: String, run: String? = nil) throws {
    (self.session, self.fleet, self.run) = (session, fleet, run)
    state = try StateRecords.read(session, fleet: fleet)
  }

  /// Writes the records that differ from those that this run knows: what other runs have written
  /// meanwhile about other hosts stays.
  package mutating func write(_ next: FleetState) throws {
    let empty = FleetState(fleet: next.fleet, lineage: next.lineage)
    let changes = (state ?? empty).recordChanges(to: next)
    let serial = try save(changes, lineage: next.lineage, after: next.serial)
    state = next
    state?.serial = serial
  }

  package mutating func record(_ changes: [StateChange]) throws {
    guard state != nil else {
      preconditionFailure("A change was recorded before there is a state. This is a bug in deploy.")
    }
    // Made in memory first: a copy of the state, to restore it after an error, would cost all of the fleet.
    for change in changes { state?.apply(change) }
    let records = changes.flatMap { state?.recordChanges(by: $0) ?? [] }
    let serial = try save(records, lineage: state?.lineage ?? "")
    state?.serial = serial
  }

  /// Every change is complete at once.
  package mutating func compact() {}

  /// Writes records in one statement, if the run still has what it reserved.
  ///
  /// - Parameter serial: the new one is greater.
  /// - Returns: the new serial.
  private mutating func save(
    _ changes: [RecordChange], lineage: String, after serial: Int = 0
  ) throws -> Int {
    guard let run else {
      preconditionFailure("A state was changed without a reservation. This is a bug in deploy.")
    }
    unwritten += changes
    let rows = try session.query(
      Self.statement,
      [
        run, lineage, "\(FleetState.currentVersion)", try Self.json(unwritten), "\(serial)",
        session.nextStep(),
      ], within: unwritten.count > 100 ? .seconds(120) : DatabaseSession.patience,
      isLarge: unwritten.count > 100)
    guard let serial = rows.integer(0, 0) else {
      throw try DatabaseReservation.lost(run, session)
    }
    unwritten = []
    return serial
  }

  /// One statement is one transaction: the check that the reservation still stands, and the records.
  private static let statement = """
    WITH run AS (
      UPDATE deploy.runs SET step = $6::integer
      WHERE id = $1 AND step <= $6::integer AND ended_at IS NULL AND lost_to IS NULL RETURNING fleet
    ), fleet AS (
      UPDATE deploy.fleets SET serial = greatest(serial, $5::bigint) + 1, lineage = $2, state_version = $3::integer
      FROM run WHERE fleets.id = run.fleet RETURNING id, serial
    ), change AS (
      SELECT DISTINCT ON (kind, key) kind, key, record
      FROM json_to_recordset($4::json) AS c(position integer, kind text, key text, record json)
      ORDER BY kind, key, position DESC
    ), removed AS (
      DELETE FROM deploy.records r USING fleet, change c
      WHERE c.record IS NULL AND r.fleet = fleet.id AND r.kind = c.kind AND r.key = c.key
    ), put AS (
      INSERT INTO deploy.records (fleet, kind, key, record)
      SELECT fleet.id, c.kind, c.key, c.record FROM fleet, change c WHERE c.record IS NOT NULL
      ON CONFLICT (fleet, kind, key) DO UPDATE SET record = excluded.record
    )
    SELECT serial FROM fleet
    """

  private static func json(_ changes: [RecordChange]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var rows: [String] = []
    for (position, change) in changes.enumerated() {
      let key = String(decoding: try encoder.encode(change.key), as: UTF8.self)
      let content = try change.content.map {
        String(decoding: try encoder.encode($0), as: UTF8.self)
      }
      rows.append(
        "{\"position\":\(position),\"kind\":\"\(change.kind.rawValue)\",\"key\":\(key)"
          + (content.map { ",\"record\":\($0)" } ?? "") + "}")
    }
    return "[" + rows.joined(separator: ",") + "]"
  }
}
