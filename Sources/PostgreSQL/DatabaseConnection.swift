import CLibPQ
internal import Certificates
internal import Glibc

/// One connection to a PostgreSQL server (libpq). It blocks the thread that uses it, at most until a deadline, and
/// only one thread may use it at a time.
///
/// An error that is transient closes the connection: what the server has done with the last statement is unknown.
// libpq lets a connection move between threads (PostgreSQL manual, 34.20); there is no copy of it.
package struct DatabaseConnection: ~Copyable, @unchecked Sendable {
  /// Nil after the connection was closed.
  private var handle: OpaquePointer?

  package var isOpen: Bool { handle != nil }

  deinit { if let handle { PQfinish(handle) } }

  /// Connects and logs in.
  package init(
    _ address: DatabaseAddress, by deadline: ContinuousClock.Instant
  ) throws(DatabaseError) {
    guard let handle = Self.start(address) else {
      throw DatabaseError(.notConnected, "out of memory")
    }
    self.handle = handle
    guard PQstatus(handle) != CONNECTION_BAD else {
      throw DatabaseError(.notConnected, Self.message(handle))
    }
    var state = PGRES_POLLING_WRITING
    while state != PGRES_POLLING_OK {
      guard state != PGRES_POLLING_FAILED else {
        throw DatabaseError(.notConnected, Self.message(handle))
      }
      let isReady = Self.wait(
        for: handle, state == PGRES_POLLING_READING ? POLLIN : POLLOUT, by: deadline)
      guard isReady else {
        throw DatabaseError(.timedOut, "the server did not answer the connection in time")
      }
      state = PQconnectPoll(handle)
    }
    PQsetnonblocking(handle, 1)
    PQsetNoticeProcessor(handle, { _, _ in }, nil)
  }

  /// Sends one statement and returns its rows.
  ///
  /// - Parameter parameters: the values of `$1`, `$2` …, in PostgreSQL's text format; nil for NULL.
  package mutating func query(
    _ sql: String, _ parameters: [String?] = [], by deadline: ContinuousClock.Instant
  ) throws(DatabaseError) -> DatabaseRows {
    try run(by: deadline) { Self.send(sql, parameters, $0) }
  }

  /// Sends statements without parameters, of which the rows do not matter. Several form one transaction.
  package mutating func execute(
    _ sql: String, by deadline: ContinuousClock.Instant
  ) throws(DatabaseError) {
    _ = try run(by: deadline) { PQsendQuery($0, sql) }
  }

  /// - Parameter send: returns 1 if the statement is on its way.
  private mutating func run(
    by deadline: ContinuousClock.Instant, _ send: (OpaquePointer) -> Int32
  ) throws(DatabaseError) -> DatabaseRows {
    guard let handle else { throw DatabaseError(.connectionLost, "the connection was closed") }
    do throws(DatabaseError) {
      guard send(handle) == 1 else {
        throw DatabaseError(.connectionLost, Self.message(handle))
      }
      try Self.flush(handle, by: deadline)
      return try Self.rows(handle, by: deadline)
    } catch {
      if error.isTransient || PQstatus(handle) == CONNECTION_BAD { close() }
      throw error
    }
  }

  package mutating func close() {
    if let handle { PQfinish(handle) }
    handle = nil
  }

  // MARK: - libpq

  private static func start(_ address: DatabaseAddress) -> OpaquePointer? {
    var strings = address.keywords.map { (strdup($0.0), strdup($0.1)) }
    if let password = address.password {
      strings.append((strdup("password"), password.withUnsafeBytes { copy($0) }))
    }
    defer {
      for (name, value) in strings {
        if let value { explicit_bzero(value, strlen(value)) }
        free(name)
        free(value)
      }
    }
    let names = strings.map { UnsafePointer($0.0) } + [nil]
    let values = strings.map { UnsafePointer($0.1) } + [nil]
    // 1: the first value is a connection string.
    return PQconnectStartParams(names, values, 1)
  }

  /// The bytes as a C string that the caller frees.
  private static func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutablePointer<CChar>? {
    let copy = calloc(bytes.count + 1, 1)
    if let copy, let start = bytes.baseAddress { memcpy(copy, start, bytes.count) }
    return copy?.bindMemory(to: CChar.self, capacity: bytes.count + 1)
  }

  private static func send(
    _ sql: String, _ parameters: [String?], _ handle: OpaquePointer
  ) -> Int32 {
    let values = parameters.map { $0.map { strdup($0) } }
    defer { for value in values { free(value.flatMap(\.self)) } }
    return PQsendQueryParams(
      handle, sql, Int32(values.count), nil, values.map { UnsafePointer($0.flatMap(\.self)) }, nil,
      nil, 0)
  }

  private static func flush(
    _ handle: OpaquePointer, by deadline: ContinuousClock.Instant
  ) throws(DatabaseError) {
    while true {
      let left = PQflush(handle)
      if left == 0 { return }
      guard left > 0 else { throw DatabaseError(.connectionLost, message(handle)) }
      // The server may have to get rid of data before it reads on.
      guard wait(for: handle, POLLIN | POLLOUT, by: deadline) else { throw timedOut }
      guard PQconsumeInput(handle) == 1 else {
        throw DatabaseError(.connectionLost, message(handle))
      }
    }
  }

  /// Reads until the server is ready for the next statement. The last result is returned.
  private static func rows(
    _ handle: OpaquePointer, by deadline: ContinuousClock.Instant
  ) throws(DatabaseError) -> DatabaseRows {
    var last: DatabaseRows?
    var failure: DatabaseError?
    while true {
      while PQisBusy(handle) == 1 {
        guard wait(for: handle, POLLIN, by: deadline) else { throw timedOut }
        guard PQconsumeInput(handle) == 1 else {
          throw DatabaseError(.connectionLost, message(handle))
        }
      }
      guard let result = PQgetResult(handle) else { break }
      let rows = DatabaseRows(adopting: result)
      if let error = rows.error { failure = failure ?? error }
      last = rows
    }
    if let failure { throw failure }
    guard let last else { throw DatabaseError(.connectionLost, message(handle)) }
    return last
  }

  private static var timedOut: DatabaseError {
    DatabaseError(.timedOut, "the server did not answer in time")
  }

  private static func message(_ handle: OpaquePointer) -> String {
    PQerrorMessage(handle).map { String(cString: $0) } ?? ""
  }

  /// Waits until the socket is ready; false if the deadline passes first.
  private static func wait(
    for handle: OpaquePointer, _ events: Int32, by deadline: ContinuousClock.Instant
  ) -> Bool {
    while true {
      let left = ContinuousClock.now.duration(to: deadline)
      guard left > .zero else { return false }
      let milliseconds =
        left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
      var file = pollfd(fd: PQsocket(handle), events: Int16(events), revents: 0)
      let ready = poll(&file, 1, Int32(clamping: milliseconds + 1))
      if ready > 0 || (ready < 0 && errno != EINTR) { return true }
    }
  }
}
