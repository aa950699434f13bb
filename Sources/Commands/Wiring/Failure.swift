import ArgumentParser
import Files
import StateFiles

/// What the shell sees; these numbers are an interface.
enum ExitStatus: Int32 {
  case failed = 1
  /// `plan --detailed-exitcode` found changes.
  case changes = 2
  case usage = 64
  /// The inventory or playbook is wrong.
  case invalidInput = 65
  /// Locked by somebody else.
  case locked = 75
  case interrupted = 130
}

/// Why a command ends before its time: what standard error says and what the shell sees.
struct Failure: Error {
  var status: ExitStatus
  /// Empty where all has been said.
  var message: String

  init(_ status: ExitStatus, _ message: String = "") {
    self.status = status
    self.message = message
  }

  /// Gives the failure to read a file another exit code than 1.
  static func naming<Value>(
    _ status: ExitStatus, _ read: () throws(FileError) -> Value
  ) throws(Failure) -> Value {
    do throws(FileError) {
      return try read()
    } catch {
      throw Failure(status, error.description)
    }
  }
}

/// Runs a command's work and turns what it throws into a message and an exit code.
func reporting(_ work: () async throws -> Void) async throws {
  do {
    try await work()
  } catch let failure as Failure {
    if !failure.message.isEmpty { Console.error("deploy: \(failure.message)") }
    throw ExitCode(failure.status.rawValue)
  } catch let code as ExitCode {
    throw code
  } catch let error as StateFileError {
    Console.error("deploy: \(error)")
    throw ExitCode(error.status.rawValue)
  } catch {
    Console.error("deploy: \(error)")
    throw ExitCode(ExitStatus.failed.rawValue)
  }
}

extension StateFileError {
  fileprivate var status: ExitStatus { if case .locked = code { .locked } else { .failed } }
}
