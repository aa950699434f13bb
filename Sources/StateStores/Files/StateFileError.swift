internal import Files

/// Why a state could not be read, written or locked.
package struct StateFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of a failure with the state file or its lock; code branches on it.
  package enum Code: Hashable, Sendable {
    /// The operating system reported an error; the file may be valid.
    case notReadable, notWritable
    /// The file is truncated.
    case truncated
    case notJSON
    /// It is JSON, but not a valid state.
    case malformed
    case otherFleet
    case newerVersion
    /// A line of the journal is damaged that was complete once.
    case damaged
    /// The journal belongs to another version of the file.
    case conflict
    /// Another program has written the file since it was read.
    case changed
    /// Another run holds the lock; nil if it has not written its name yet.
    case locked(by: LockHolder?)
  }

  package let code: Code
  package let path: String
  /// What happened and what to do, in complete sentences.
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
