import Files
import StateFiles

/// Why a use case ends early: a message for the user, and a kind from which the command line makes the
/// exit code.
package struct Failure: Error, Hashable {
  /// What the shell is told of it.
  package enum Kind: Hashable, Sendable {
    case failed
    /// The command was given wrongly.
    case usage
    /// The inventory or the playbook is wrong.
    case invalidInput
    /// The state is locked by another run.
    case locked
    case interrupted
  }

  package var kind: Kind
  /// Empty if all has been said.
  package var message: String

  package init(_ kind: Kind, _ message: String = "") {
    self.kind = kind
    self.message = message
  }

  /// Any error, as what the user is told of it.
  package init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as StateFileError:
      self.init(error.isLocked ? .locked : .failed, "\(error)")
    default: self.init(.failed, "\(error)")
    }
  }

  /// Gives the failure to read a file another kind than `failed`.
  static func naming<Value>(
    _ kind: Kind, _ read: () throws(FileError) -> Value
  ) throws(Failure) -> Value {
    do throws(FileError) {
      return try read()
    } catch {
      throw Failure(kind, error.description)
    }
  }
}

extension StateFileError {
  fileprivate var isLocked: Bool { if case .locked = code { true } else { false } }
}
