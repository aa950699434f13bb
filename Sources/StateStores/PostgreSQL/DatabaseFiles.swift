package import Files
internal import Hashing
internal import PostgreSQL
internal import Synchronization

/// The files of a fleet's CA in its database.
///
/// They are small and read as a whole when the first one is needed and when hosts are reserved, so reading costs no
/// question to the server. A write blocks its thread until it is committed, as a disk would.
package final class DatabaseFiles: FileStore {
  private let session: DatabaseSession
  private let fleet: String
  /// What paths begin with, such as `postgresql:shop.ca`.
  let folder: String
  private let state = Mutex(Loaded())

  private struct Loaded {
    /// By path; nil before they were read.
    var contents: [String: [UInt8]]?
    /// The run that may write.
    var run: String?
  }

  init(_ session: DatabaseSession, fleet: String) {
    (self.session, self.fleet) = (session, fleet)
    folder = "postgresql:\(fleet).ca"
  }

  /// Reads the files again, and lets a run change them; nil ends that.
  func belong(to run: String?) throws {
    let contents = try run.map { _ in try load() }
    state.withLock { $0 = Loaded(contents: contents, run: run) }
  }

  package var isShared: Bool { true }

  // MARK: - Reading

  package func exists(_ path: String) throws(FileError) -> Bool {
    try contents(path, "be read").keys.contains { $0 == path || $0.hasPrefix(path + "/") }
  }

  package func names(in folder: String) throws(FileError) -> [String] {
    let prefix = folder + "/"
    let names = try contents(folder, "be read").keys.filter { $0.hasPrefix(prefix) }
      .map { $0.dropFirst(prefix.count).prefix { $0 != "/" } }
    return Set(names).map(String.init).sorted()
  }

  package func read(_ path: String, as kind: FileKind) throws(FileError) -> [UInt8] {
    guard let content = try contents(path, "be read")[path] else {
      throw FileError(path, "be read", .missing)
    }
    guard content.count <= kind.limit else {
      throw FileError(path, "be read", .isTooLarge(limit: kind.limit))
    }
    return content
  }

  private func contents(_ path: String, _ verb: String) throws(FileError) -> [String: [UInt8]] {
    if let contents = state.withLock({ $0.contents }) { return contents }
    let contents = try asking(path, verb) { try load() }
    state.withLock { $0.contents = contents }
    return contents
  }

  private func load() throws -> [String: [UInt8]] {
    let rows = try session.query(
      """
      SELECT folder.path, encode(folder.content, 'hex') FROM deploy.files folder
        JOIN deploy.fleets f ON f.id = folder.fleet WHERE f.name = $1
      """, [fleet])
    var contents: [String: [UInt8]] = [:]
    for row in 0..<rows.count {
      guard let path = rows.text(row, 0),
        let content = rows.text(row, 1).flatMap(bytes(ofHexadecimal:))
      else {
        continue
      }
      contents["\(folder)/\(path)"] = content
    }
    return contents
  }

  // MARK: - Writing

  package func create(
    _ path: String, contents: [UInt8], for access: FileWriter.Access
  ) throws(FileError) {
    let isNew = try put(path, contents, "be created", overwrites: "ON CONFLICT DO NOTHING")
    // The same statement may have been sent before the connection was lost.
    guard !isNew else { return }
    let present = try asking(path, "be created") { try load() }
    state.withLock { $0.contents = present }
    if present[path] != contents { throw FileError(path, "be created", .exists) }
  }

  package func replace(
    _ path: String, contents: [UInt8], for access: FileWriter.Access
  ) throws(FileError) {
    _ = try put(
      path, contents, "be replaced",
      overwrites: "ON CONFLICT (fleet, path) DO UPDATE SET content = excluded.content")
  }

  /// - Returns: whether a row was written.
  private func put(
    _ path: String, _ contents: [UInt8], _ verb: String, overwrites: String
  ) throws(FileError) -> Bool {
    let rows = try change(
      path, verb,
      """
      put AS (INSERT INTO deploy.files (fleet, path, content)
        SELECT fleet, $3, decode($4, 'hex') FROM run \(overwrites) RETURNING 1)
      SELECT (SELECT count(*) FROM put) FROM run
      """, [name(path), hexadecimal(contents)])
    let isWritten = rows.integer(0, 0) == 1
    if isWritten { state.withLock { $0.contents?[path] = contents } }
    return isWritten
  }

  package func move(_ path: String, to destination: String) throws(FileError) {
    _ = try change(
      path, "be moved to \(destination)",
      """
      old AS (DELETE FROM deploy.files o USING run
        WHERE o.fleet = run.fleet AND o.path = $3 RETURNING o.content),
      put AS (INSERT INTO deploy.files (fleet, path, content) SELECT run.fleet, $4, content FROM run, old
        ON CONFLICT (fleet, path) DO UPDATE SET content = excluded.content)
      SELECT 1 FROM run
      """, [name(path), name(destination)])
    state.withLock { state in
      if let content = state.contents?.removeValue(forKey: path) {
        state.contents?[destination] = content
      }
    }
  }

  package func remove(_ path: String) throws(FileError) {
    _ = try change(
      path, "be removed",
      """
      old AS (DELETE FROM deploy.files o USING run WHERE o.fleet = run.fleet AND o.path = $3)
      SELECT 1 FROM run
      """, [name(path)])
    state.withLock { _ = $0.contents?.removeValue(forKey: path) }
  }

  /// The server's disk, write-ahead log and backups are not reached.
  package func destroy(_ path: String) throws(FileError) { try remove(path) }

  package func makeFolder(_ path: String) {}
  package func checkIsOwn(_ folder: String) {}

  /// Runs a statement that follows `WITH run AS (…)`, which has no row if the run has lost what it reserved.
  private func change(
    _ path: String, _ verb: String, _ statement: String, _ parameters: [String]
  ) throws(FileError) -> DatabaseRows {
    try asking(path, verb) {
      guard let run = state.withLock({ $0.run }) else {
        preconditionFailure("\(path) was changed without a reservation. This is a bug in deploy.")
      }
      let rows = try session.query(
        """
        WITH run AS (
          UPDATE deploy.runs SET step = $2::integer
          WHERE id = $1 AND step <= $2::integer AND ended_at IS NULL AND lost_to IS NULL RETURNING fleet
        ), \(statement)
        """, [run, session.nextStep()] + parameters)
      guard rows.count > 0 else { throw try DatabaseReservation.lost(run, session) }
      return rows
    }
  }

  private func name(_ path: String) -> String { String(path.dropFirst(folder.count + 1)) }

  private func asking<Value>(
    _ path: String, _ verb: String, _ body: () throws -> Value
  ) throws(FileError) -> Value {
    do {
      return try body()
    } catch {
      throw FileError(path, verb, .store("\(error)"))
    }
  }
}
