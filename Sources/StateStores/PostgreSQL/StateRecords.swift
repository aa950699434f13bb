internal import Algorithms
internal import Files
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
      SELECT kind, name, record, serial, moved_at FROM (
      SELECT '' AS kind, '' AS key, state_version::text AS name, lineage AS record, serial::text, moved_at::text
        FROM deploy.fleets WHERE name = $1
      UNION ALL
      SELECT r.kind, r.key, to_json(r.key)::text, r.record::text, NULL, NULL
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
      try documents(heading, rows), fleet: fleet, path: session.place, recovery: recovery)
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

  /// The rows as the JSON of states that together have everything: the first one has all but hosts, and as many
  /// others as can be read at the same time have those.
  private static func documents(_ heading: Heading, _ rows: DatabaseRows) throws -> [[UInt8]] {
    let start = Array(try JSONEncoder().encode(heading).dropLast())
    var (first, others) = (start, start)
    var hosts = 0..<0
    var row = 1
    for kind in RecordKind.allCases.sorted(by: { $0.rawValue < $1.rawValue }) {
      let begin = row
      while row < rows.count, rows.text(row, 0) == kind.rawValue { row += 1 }
      if kind == .hosts {
        hosts = begin..<row
      } else {
        first += field(kind, begin..<row, rows)
        others += field(kind, 0..<0, rows)
      }
    }
    guard row == rows.count else {
      throw StateDatabaseError(
        .failed, "deploy.records",
        "it has records of the kind \"\(rows.text(row, 0) ?? "")\", which this program does not know."
      )
    }
    let size = max(1, (hosts.count + Cores.count - 1) / Cores.count)
    return [first + field(.hosts, 0..<0, rows) + end]
      + hosts.chunks(ofCount: size).map { others + field(.hosts, $0, rows) + end }
  }

  private static let end = [UInt8(ascii: "}")]

  /// A field of a state with the records of a kind.
  private static func field(
    _ kind: RecordKind, _ range: Range<Int>, _ rows: DatabaseRows
  ) -> [UInt8] {
    var json = Array(",\"\(kind.rawValue)\":\(opening(kind))".utf8)
    for row in range {
      if row != range.lowerBound { json.append(UInt8(ascii: ",")) }
      if kind.shape == .object {
        rows.withBytes(row, 1) { json += $0 }
        json.append(UInt8(ascii: ":"))
      }
      rows.withBytes(row, 2) { json += $0 }
    }
    if kind.shape == .single, range.isEmpty { json += "null".utf8 }
    return json + closing(kind).utf8
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
