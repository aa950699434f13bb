package import Execution
import Glibc
import Subprocess
import Synchronization

/// Runs the playbook's commands as processes of this machine, each in a session of its own: the
/// terminal's Ctrl-C does not reach it, and one that asks for a password finds no terminal.
package final class HookProcesses: HookRunner {
  private let running = Mutex<Set<pid_t>>([])

  package init() {}

  /// Ends what still runs, at once: the program is about to end and will not wait for it.
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
          return .failed("took more than \(seconds) s and was ended")
        }
        // The other one is cancelled, and waited for, when this is left.
        defer { group.cancelAll() }
        return try await group.next() ?? .interrupted
      }
      return Task.isCancelled && ending != .succeeded ? .interrupted : ending
    } catch {
      return Task.isCancelled ? .interrupted : .failed("could not be run: \(error)")
    }
  }

  private func ending(
    of words: [String], _ environment: [String: String], _ say: @Sendable (String) -> Void
  ) async throws -> HookEnding {
    var options = PlatformOptions()
    options.createSession = true
    options.teardownSequence = [
      .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
    ]
    // The shell finds the program as it would for the user, in the PATH or by a relative path.
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
    let said = result.closureResult.isEmpty ? "" : ": \(result.closureResult)"
    switch result.terminationStatus {
    case .exited(0): return .succeeded
    case .exited(let status): return .failed("ended with status \(status)\(said)")
    case .signaled(let number): return .failed("was ended by signal \(number)\(said)")
    }
  }

  private func variables(_ additional: [String: String]) -> [Environment.Key: String?] {
    var variables: [Environment.Key: String?] = [:]
    for (name, value) in additional {
      if let key = Environment.Key(rawValue: name) { variables[key] = .some(value) }
    }
    return variables
  }
}
