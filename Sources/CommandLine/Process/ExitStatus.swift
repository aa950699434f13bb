import Application
import ArgumentParser

/// The exit codes of the program, which scripts rely on (docs/json.md).
enum ExitStatus: Int32 {
  case failed = 1
  /// `plan --detailed-exitcode` found changes.
  case changes = 2
  case usage = 64
  /// The inventory or playbook is wrong.
  case invalidInput = 65
  /// The state is locked by another run.
  case locked = 75
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

/// Runs the work of a command, and turns an error into a message and an exit code.
func reporting(_ work: () async throws -> Void) async throws {
  do {
    try await work()
  } catch let code as ExitCode {
    throw code
  } catch {
    let failure = Failure(error)
    if !failure.message.isEmpty { Console.error("deploy: \(failure.message)") }
    throw ExitCode(ExitStatus(failure.kind))
  }
}
