package import Execution
package import Processes

/// Runs a playbook's hooks as processes on the controller, each without a terminal and in a session of its own.
package struct HookProcesses: HookRunner {
  private let running: RunningCommands

  /// - Parameter running: knows the hooks while they run.
  package init(among running: RunningCommands = .ofProgram) { self.running = running }

  package func run(
    _ words: [String], environment: [String: String], withinSeconds seconds: Int64,
    say: @escaping @Sendable (String) -> Void
  ) async -> HookEnding {
    await run(words, environment: environment, input: "", withinSeconds: seconds, say: say)
  }

  /// - Parameter input: what the program finds on its standard input.
  func run(
    _ words: [String], environment: [String: String], input: String,
    withinSeconds seconds: Int64, say: @escaping @Sendable (String) -> Void
  ) async -> HookEnding {
    guard !Task.isCancelled else { return .interrupted }
    let hook = UserCommand(
      words, .alone, variables: .inherited(adding: environment),
      input: input, deadline: UserCommand.Deadline(seconds: seconds), among: running)
    do {
      let (ending, last) = try await hook.run { try await $0.lastLine(passing: say) }
      guard let failure = ending.failure else { return .succeeded }
      guard !Task.isCancelled else { return .interrupted }
      return .failed([failure, last ?? ""].filter { !$0.isEmpty }.joined(separator: ": "))
    } catch {
      return Task.isCancelled ? .interrupted : .failed("could not be started: \(error)")
    }
  }
}
