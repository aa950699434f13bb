import Application
import Testing

/// The message that the user gets for the error that `body` throws.
func message(
  _ body: () throws -> Void, _ location: SourceLocation = #_sourceLocation
) -> String {
  let error = #expect(throws: (any Error).self, sourceLocation: location) { try body() }
  return error.flatMap { Failure($0).message } ?? ""
}
