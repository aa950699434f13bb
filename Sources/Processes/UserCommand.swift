internal import Files
package import Subprocess

/// A program of the controller that the user names, with its arguments: a hook, or a program that prints a secret.
///
/// The only place that starts such programs. Inventories and playbooks name them.
package struct UserCommand: Sendable {
  /// What the program shares with deploy.
  package enum Surroundings: Hashable, Sendable {
    /// Nothing: it has a session of its own and only the input that it is given, so Ctrl-C on the terminal does not reach it, and a program
    /// that asks for a password finds no terminal. Its errors are part of its output. It is ended with all that it
    /// has started.
    case alone
    /// The same, but its errors go to deploy's, apart from its output.
    case aloneWithErrors
    /// The terminal and the process group, since it may ask a person. Its errors go to deploy's.
    case terminal
  }

  /// The environment of the program.
  package enum Variables: Hashable, Sendable {
    /// deploy's, with these added.
    case inherited(adding: [String: String] = [:])
    case only([String: String])
  }

  /// How long the program may take.
  package struct Deadline: Sendable {
    package let seconds: Int64
    /// Returns after the seconds; throws if its task is cancelled.
    let wait: @Sendable (Int64) async throws -> Void

    package init(
      seconds: Int64,
      wait: @escaping @Sendable (Int64) async throws -> Void = {
        try await Task.sleep(for: .seconds($0))
      }
    ) {
      self.seconds = seconds
      self.wait = wait
    }
  }

  private let words: [String]
  private let variables: Variables
  private let input: String
  private let surroundings: Surroundings
  private let deadline: Deadline?
  private let running: RunningCommands

  /// - Parameters:
  ///   - words: the program and its arguments, which no shell interprets.
  ///   - input: what a program that is alone finds on its standard input.
  ///   - running: knows the program while it runs.
  package init(
    _ words: [String], _ surroundings: Surroundings, variables: Variables = .inherited(),
    input: String = "", deadline: Deadline? = nil, among running: RunningCommands = .ofProgram
  ) {
    self.words = words
    self.surroundings = surroundings
    self.variables = variables
    self.input = input
    self.deadline = deadline
    self.running = running
  }

  /// Runs the program until it has ended. It is terminated at the deadline and if the task is cancelled: by SIGTERM,
  /// and two seconds later by SIGKILL.
  ///
  /// - Parameter read: reads the output as it comes. If it throws, the program is terminated.
  /// - Returns: how the program ended, and what was read; nil at the deadline.
  package func run<Output: Sendable>(
    reading read: @escaping @Sendable (SubprocessOutputSequence) async throws -> Output
  ) async throws -> (ending: CommandEnding, output: Output?) {
    guard let deadline else { return try await finish(read) }
    return try await withThrowingTaskGroup(of: (CommandEnding, Output?).self) { group in
      group.addTask { try await self.finish(read) }
      group.addTask {
        try await deadline.wait(deadline.seconds)
        return (.late(afterSeconds: deadline.seconds), nil)
      }
      // Leaving the group cancels the other task and waits for it.
      defer { group.cancelAll() }
      guard let first = try await group.next() else { throw CancellationError() }
      return first
    }
  }

  private func finish<Output: Sendable>(
    _ read: @Sendable (SubprocessOutputSequence) async throws -> Output
  ) async throws -> (CommandEnding, Output?) {
    // The shell finds the program as it does for the user: in PATH or by a relative path.
    let arguments = Arguments(["-c", "exec \"$@\"", "sh"] + words)
    var options = PlatformOptions()
    options.createSession = surroundings != .terminal
    options.teardownSequence = [
      .gracefulShutDown(
        toProcessGroup: surroundings != .terminal, allowedDurationToNextStep: .seconds(2))
    ]
    switch surroundings {
    case .alone:
      let file = try AnonymousFile.open(with: Array(input.utf8))
      let result = try await Subprocess.run(
        .name("sh"), arguments: arguments, environment: environment, platformOptions: options,
        input: .fileDescriptor(file, closeAfterSpawningProcess: true), output: .sequence,
        error: .combinedWithOutput
      ) { execution in
        let leader = execution.processIdentifier.value
        return try await running.noting(.group(leader)) { try await read(execution.standardOutput) }
      }
      return (CommandEnding(result.terminationStatus), result.closureResult)
    case .aloneWithErrors:
      let file = try AnonymousFile.open(with: Array(input.utf8))
      let result = try await Subprocess.run(
        .name("sh"), arguments: arguments, environment: environment, platformOptions: options,
        input: .fileDescriptor(file, closeAfterSpawningProcess: true), output: .sequence,
        error: .currentStandardError
      ) { execution in
        let leader = execution.processIdentifier.value
        return try await running.noting(.group(leader)) { try await read(execution.standardOutput) }
      }
      return (CommandEnding(result.terminationStatus), result.closureResult)
    case .terminal:
      let result = try await Subprocess.run(
        .name("sh"), arguments: arguments, environment: environment, platformOptions: options,
        input: .currentStandardInput, output: .sequence, error: .currentStandardError
      ) { execution in
        let process = execution.processIdentifier.value
        return try await running.noting(.process(process)) {
          try await read(execution.standardOutput)
        }
      }
      return (CommandEnding(result.terminationStatus), result.closureResult)
    }
  }

  /// The variables as the Subprocess library takes them, without invalid names.
  private var environment: Environment {
    switch variables {
    case .inherited(let additional):
      var updates: [Environment.Key: String?] = [:]
      for (name, value) in additional {
        if let key = Environment.Key(rawValue: name) { updates[key] = .some(value) }
      }
      return .inherit.updating(updates)
    case .only(let all):
      var variables: [Environment.Key: String] = [:]
      for (name, value) in all {
        if let key = Environment.Key(rawValue: name) { variables[key] = value }
      }
      return .custom(variables)
    }
  }
}
