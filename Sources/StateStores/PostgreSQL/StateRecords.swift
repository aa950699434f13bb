internal import Fleet
internal import FoundationEssentials
internal import PostgreSQL
internal import State

/// Reads the records of a fleet as one state.
///
/// They are put together to the JSON of a state file, so both stores have one format, and one reader checks it.
enum StateRecords {
  /// The state at one moment, because one statement reads everything; nil if there is none.
  static func read(_ session: DatabaseSession, fleet: String) throws -> FleetState? {
    let rows = try session.query(
      """
      SELECT * FROM (
      SELECT '' AS kind, state_version::text AS key, lineage, serial::text, moved_at::text
        FROM deploy.fleets WHERE name = $1
      UNION ALL
      SELECT r.kind, r.key, r.record::text, NULL, NULL
        FROM deploy.records r JOIN deploy.fleets f ON f.id = r.fleet WHERE f.name = $1
      ) AS rows ORDER BY kind COLLATE "C", key COLLATE "C"
      """, [fleet], within: .seconds(60), isLarge: true)
    guard rows.count > 0, let serial = rows.integer(0, 3) else { return nil }
    if let moved = rows.text(0, 4) {
      throw StateDatabaseError(
        .moved, session.place,
        "the fleet was moved to files on \(moved.prefix(10)). Remove the key \"state\" from the inventory, and use"
          + " the files that \"deploy state migrate\" wrote then.")
    }
    guard serial > 0 else { return nil }
    let heading = Heading(
      version: rows.integer(0, 1) ?? 0, fleet: fleet, lineage: rows.text(0, 2) ?? "", serial: serial
    )
    return try StateFormat.decode(
      try json(heading, rows), fleet: fleet, path: session.place, recovery: recovery)
  }

  private static let recovery = """
    It was changed by hand: restore the database from a backup, or rebuild the state from the hosts with \
    "deploy state rebuild".
    """

  private struct Heading: Encodable {
    var version: Int
    var fleet: String
    var lineage: String
    var serial: Int
  }

  private static func json(_ heading: Heading, _ rows: DatabaseRows) throws -> [UInt8] {
    var json = Array(try JSONEncoder().encode(heading).dropLast())
    var row = 1
    for kind in RecordKind.allCases.sorted(by: { $0.rawValue < $1.rawValue }) {
      var isFirst = true
      json += ",\"\(kind.rawValue)\":\(opening(kind))".utf8
      while row < rows.count, rows.text(row, 0) == kind.rawValue {
        if !isFirst { json.append(UInt8(ascii: ",")) }
        isFirst = false
        if kind.shape == .object {
          json += try JSONEncoder().encode(rows.text(row, 1) ?? "")
          json.append(UInt8(ascii: ":"))
        }
        rows.withBytes(row, 2) { json += $0 }
        row += 1
      }
      if kind.shape == .single, isFirst { json += "null".utf8 }
      json += closing(kind).utf8
    }
    guard row == rows.count else {
      throw StateDatabaseError(
        .failed, "deploy.records",
        "it has records of the kind \"\(rows.text(row, 0) ?? "")\", which this program does not know."
      )
    }
    return json + [UInt8(ascii: "}")]
  }

  private static func opening(_ kind: RecordKind) -> String {
    switch kind.shape {
    case .object: "{"
    case .array: "["
    case .single: ""
    }
  }

  private static func closing(_ kind: RecordKind) -> String {
    switch kind.shape {
    case .object: "}"
    case .array: "]"
    case .single: ""
    }
  }
}
