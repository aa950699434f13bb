import Application
import Testing

/// What the user is told of the error that `body` ends with.
func message(
  _ body: () throws -> Void, _ location: SourceLocation = #_sourceLocation
) -> String {
  let error = #expect(throws: (any Error).self, sourceLocation: location) { try body() }
  return error.map { Failure($0).message } ?? ""
}
