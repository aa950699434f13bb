import CLibPQ

/// The rows that a statement returned, in PostgreSQL's text format.
// A PGresult does not change, so threads may share it (PostgreSQL manual, 34.20).
package final class DatabaseRows: @unchecked Sendable {
  private let result: OpaquePointer

  init(adopting result: OpaquePointer) { self.result = result }

  deinit { PQclear(result) }

  package var count: Int { Int(PQntuples(result)) }

  /// The error that the server reported instead of rows.
  var error: DatabaseError? {
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return nil
    default:
      let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
      let text = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
      return DatabaseError(state: state ?? "08000", text)
    }
  }

  /// The bytes of a value, until the rows are released; nil for NULL.
  package func withBytes<Value>(
    _ row: Int, _ column: Int, _ body: (UnsafeRawBufferPointer) throws -> Value
  ) rethrows -> Value? {
    guard PQgetisnull(result, Int32(row), Int32(column)) == 0 else { return nil }
    let start = PQgetvalue(result, Int32(row), Int32(column))
    let length = Int(PQgetlength(result, Int32(row), Int32(column)))
    return try body(UnsafeRawBufferPointer(start: start, count: length))
  }

  /// A value as text; nil for NULL.
  package func text(_ row: Int, _ column: Int) -> String? {
    withBytes(row, column) { String(decoding: $0, as: UTF8.self) }
  }

  package func integer(_ row: Int, _ column: Int) -> Int? {
    text(row, column).flatMap { Int($0) }
  }
}
