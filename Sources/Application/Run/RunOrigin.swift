import FoundationEssentials
import Glibc
import State

/// The command line and the program that a run comes from, for the history.
package struct RunOrigin: Hashable, Sendable {
  /// The words after `deploy`.
  package let command: [String]
  /// The version of deploy.
  package let version: String

  package init(command: [String], version: String) {
    self.command = command
    self.version = version
  }

  /// The beginning of a run of this process.
  func start(of id: RunID, fleet: String) -> RunStart {
    let process = getpid()
    return RunStart(
      id: id, fleet: fleet, user: ProcessInfo.processInfo.userName,
      machine: ProcessInfo.processInfo.hostName,
      process: RunProcess(id: process, start: ProcessStart.of(process)), command: command,
      version: version, startedAt: .current)
  }
}
