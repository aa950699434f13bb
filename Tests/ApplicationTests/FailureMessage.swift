import Application
import Testing

/// What the user is told of the error that `body` ends with.
func message(
  _ body: () throws -> Void, _ location: SourceLocation = #_sourceLocation
) -> String {
  do {
    try body()
    Issue.record("it succeeded", sourceLocation: location)
    return ""
  } catch {
    return Failure(error).message
  }
}
