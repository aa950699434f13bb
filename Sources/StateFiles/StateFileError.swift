internal import Files

/// Why a state was not read, written or locked.
package struct StateFileError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Code: Hashable, Sendable {
    /// The machine refused; the file may be fine.
    case notReadable, notWritable
    /// The file ends too early.
    case truncated
    case notJSON
    /// It is JSON, but no state.
    case malformed
    case otherFleet
    case newerVersion
    /// Somebody wrote the file since it was read.
    case changed
    /// Nil where the holder has not signed yet.
    case locked(by: LockHolder?)
  }

  package let code: Code
  package let path: String
  /// What is wrong and what to do, in whole sentences.
  package let explanation: String

  init(_ code: Code, _ path: String, _ explanation: String) {
    self.code = code
    self.path = path
    self.explanation = explanation
  }

  init(_ code: Code, _ path: String, _ error: FileError) {
    self.init(code, path, "\(error.path == path ? error.predicate : error.description).")
  }

  package var description: String { "\(path): \(explanation)" }
}
