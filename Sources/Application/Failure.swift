package import Execution
import Files
import StateStores

/// Why a use case stops: a message for the user, and a kind, which the command line turns into an
/// exit code.
package struct Failure: Error, Hashable {
  /// What went wrong; its number is the exit code.
  package enum Kind: Int32, Hashable, Sendable {
    case failed = 1
    /// The command line is wrong.
    case usage = 64
    /// The inventory or the playbook is wrong.
    case invalidInput = 65
    /// The state is locked by another run.
    case locked = 75
    case interrupted = 130
  }

  package var kind: Kind
  /// Nil if everything was reported before.
  package var message: String?

  package init(_ kind: Kind, _ message: String? = nil) {
    self.kind = kind
    self.message = message
  }

  /// Any error, as it is reported to the user.
  package init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as StateFileError:
      self.init(error.isLocked ? .locked : .failed, "\(error)")
    case let error as StateDatabaseError:
      self.init(error.isLocked ? .locked : .failed, "\(error)")
    default: self.init(.failed, "\(error)")
    }
  }

  /// The message, for a sentence that says what did not succeed.
  var text: String { message ?? "it was reported above" }

  /// Runs a read and gives its failure the kind, in place of `failed`.
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

extension StateDatabaseError {
  fileprivate var isLocked: Bool { if case .locked = code { true } else { false } }
}

extension StateFileError {
  fileprivate var isLocked: Bool { if case .locked = code { true } else { false } }
}

extension Summary {
  /// The failure as which a run with these results ends, without a message: the summary has it. Nil if it has
  /// succeeded.
  package var failure: Failure? {
    stopped == Self.interrupted ? Failure(.interrupted) : isSuccess ? nil : Failure(.failed)
  }
}
