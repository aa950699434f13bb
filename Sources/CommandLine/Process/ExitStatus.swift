import Application
import ArgumentParser

/// The exit codes of the program, which scripts rely on (docs/json.md).
enum ExitStatus: Int32 {
  case failed = 1
  /// `plan --detailed-exitcode` found changes.
  case changes = 2
  /// The command line is wrong (EX_USAGE of sysexits.h).
  case usage = 64
  /// The inventory, the playbook or a file that they name is wrong (EX_DATAERR).
  case invalidInput = 65
  /// The state is locked by another run (EX_TEMPFAIL).
  case locked = 75
  /// The user interrupted the run: 128 and the number of SIGINT, as shells report it.
  case interrupted = 130

  init(_ kind: Failure.Kind) {
    self =
      switch kind {
      case .failed: .failed
      case .usage: .usage
      case .invalidInput: .invalidInput
      case .locked: .locked
      case .interrupted: .interrupted
      }
  }
}

extension ExitCode {
  init(_ status: ExitStatus) { self.init(status.rawValue) }
}

/// Runs the work of a command. An error is printed to standard error and becomes an exit code; an
/// exit code that the work throws is passed on.
func reporting(_ work: () async throws -> Void) async throws {
  do {
    try await work()
  } catch let code as ExitCode {
    throw code
  } catch {
    let failure = Failure(error)
    if let message = failure.message { Console.error("deploy: \(message)") }
    throw ExitCode(ExitStatus(failure.kind))
  }
}
