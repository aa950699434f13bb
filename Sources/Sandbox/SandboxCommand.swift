internal import Files
internal import Glibc

/// A command that runs inside a sandbox, among its hosts.
package final class SandboxCommand: Sendable {
  private let child: ChildProcess
  private let end: Task<CommandOutput, any Error>

  init(child: ChildProcess, exchange: sending Exchange) {
    self.child = child
    nonisolated(unsafe) var exchange = exchange
    self.end = Task {
      try await onItsOwnThread {
        // A command that closes its input early must not end this process.
        var pipe = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipe, nil)
        let result = Result { try exchange.run() }
        let status = child.waitForEnd()
        _ = try result.get()
        return CommandOutput(
          status: status, stdout: String(decoding: exchange.collected[0], as: UTF8.self),
          stderr: String(decoding: exchange.collected[1], as: UTF8.self))
      }
    }
  }

  /// Sends a signal, such as `SIGKILL`, to the command itself; does nothing if it has ended.
  package func signal(_ signal: Int32) async throws {
    while !child.signalChild(signal) { try await Task.sleep(for: .milliseconds(2)) }
  }

  /// Waits until the command has ended and no process holds its outputs any longer. If the waiting
  /// task is cancelled, the command is killed.
  package func wait() async throws -> CommandOutput {
    try await withTaskCancellationHandler {
      try await end.value
    } onCancel: {
      Task { try await signal(SIGKILL) }
    }
  }
}
