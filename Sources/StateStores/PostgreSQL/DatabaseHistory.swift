internal import FoundationEssentials
internal import PostgreSQL
internal import State

/// The history of a fleet's runs in its database.
struct DatabaseHistory: HistoryLog {
  let session: DatabaseSession
  let fleet: String

  var name: String { session.place }

  func append(_ entry: RunEntry) throws {
    let json = String(decoding: try JSONEncoder().encode(entry), as: UTF8.self)
    _ = try session.query(
      """
      INSERT INTO deploy.history (fleet, entry)
      SELECT id, $2::json FROM deploy.fleets WHERE name = $1
      """, [fleet, json])
  }

  func read() throws -> HistoryContent {
    let rows = try session.query(
      """
      SELECT h.entry::text FROM deploy.history h JOIN deploy.fleets f ON f.id = h.fleet
      WHERE f.name = $1 ORDER BY h.number
      """, [fleet])
    let lines = (0..<rows.count).compactMap { rows.text($0, 0) }
    var content = HistoryContent()
    content.add(Array(lines.map { $0 + "\n" }.joined().utf8), of: name)
    return content
  }
}
