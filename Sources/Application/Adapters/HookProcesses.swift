package import Execution
import Glibc
import Subprocess
import Synchronization

/// Runs a playbook's hooks as processes on the controller, each in a new session: Ctrl-C on the
/// terminal does not reach it, and a hook that asks for a password finds no terminal.
package final class HookProcesses: HookRunner {
  private let running = Mutex<Set<pid_t>>([])

  package init() {}

  /// Kills all hooks that still run, because the program is about to exit.
  package func endAll() {
    running.withLock { for leader in $0 { kill(-leader, SIGKILL) } }
  }

  package func run(
    _ words: [String], environment: [String: String], withinSeconds seconds: Int64,
    say: @escaping @Sendable (String) -> Void
  ) async -> HookEnding {
    guard !Task.isCancelled else { return .interrupted }
    do {
      let ending = try await withThrowingTaskGroup(of: HookEnding.self) { group in
        group.addTask { try await self.ending(of: words, environment, say) }
        group.addTask {
          try await Task.sleep(for: .seconds(seconds))
          return .failed("took more than \(seconds) s and was terminated")
        }
        // Leaving the group cancels the other task and waits for it.
        defer { group.cancelAll() }
        return try await group.next() ?? .interrupted
      }
      return Task.isCancelled && ending != .succeeded ? .interrupted : ending
    } catch {
      return Task.isCancelled ? .interrupted : .failed("could not be started: \(error)")
    }
  }

  /// Runs a hook in its own session, passes its lines on and returns how it ended.
  ///
  /// Everything that it started is ended with it.
  private func ending(
    of words: [String], _ environment: [String: String], _ say: @Sendable (String) -> Void
  ) async throws -> HookEnding {
    var options = PlatformOptions()
    options.createSession = true
    options.teardownSequence = [
      .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
    ]
    // The shell finds the program as it does for the user: in PATH or by a relative path.
    let result = try await Subprocess.run(
      .name("sh"), arguments: Arguments(["-c", "exec \"$@\"", "sh"] + words),
      environment: .inherit.updating(variables(environment)), platformOptions: options,
      input: .none, output: .sequence, error: .combinedWithOutput
    ) { execution in
      let leader = execution.processIdentifier.value
      running.withLock { _ = $0.insert(leader) }
      defer { running.withLock { _ = $0.remove(leader) } }
      var last = ""
      for try await line in execution.standardOutput.strings() {
        say(line)
        if line.contains(where: { !$0.isWhitespace }) { last = line }
      }
      return last
    }
    let output = result.closureResult.isEmpty ? "" : ": \(result.closureResult)"
    switch result.terminationStatus {
    case .exited(0): return .succeeded
    case .exited(let status): return .failed("exited with status \(status)\(output)")
    case .signaled(let number): return .failed("was terminated by signal \(number)\(output)")
    }
  }

  /// The variables as the Subprocess library takes them, without invalid names.
  private func variables(_ additional: [String: String]) -> [Environment.Key: String?] {
    var variables: [Environment.Key: String?] = [:]
    for (name, value) in additional {
      if let key = Environment.Key(rawValue: name) { variables[key] = .some(value) }
    }
    return variables
  }
}
