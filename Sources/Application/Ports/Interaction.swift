package import Diagnostics
package import Execution
package import Planning
package import State

/// How use cases show results and ask the user. The command line implements it for a terminal,
/// tests in memory.
package protocol Interaction: Sendable {
  /// Shows mistakes and warnings in files that the user wrote.
  func show(_ diagnostics: [Diagnostic], in sources: [SourceText])

  /// Shows a plan before it is carried out.
  ///
  /// - Parameter caGenerations: the CA generations of the fleet, oldest first; the last one signs.
  func show(_ plan: Plan, caGenerations: [CAGeneration]) throws

  /// The text of a plan without colours, in lines, for the history.
  func lines(of plan: Plan, caGenerations: [CAGeneration]) -> [String]

  /// The JSON of a plan, for hooks (docs/json.md).
  func json(of plan: Plan, caGenerations: [CAGeneration]) throws -> String

  /// The JSON of a summary, for hooks.
  func json(of summary: Summary, _ traffic: SSHTraffic) throws -> String

  /// Shows what has just happened on a host.
  func show(_ event: ProgressEvent)

  /// Shows the results of all hosts when a run has ended.
  func show(_ summary: Summary, _ traffic: SSHTraffic) throws

  /// Shows a sentence about a result of the run.
  func report(_ sentence: String)

  /// Shows information that is neither a result nor a warning.
  func inform(_ text: String)

  /// Shows what went wrong, or what the user should look at.
  func warn(_ text: String)

  /// Whether there is a user who can answer a question.
  var canAsk: Bool { get }

  /// Asks whether to continue; false unless the user confirms.
  func confirm(_ question: String) async -> Bool

  /// Asks for a secret without echo.
  ///
  /// - Parameter instead: what the user can do if there is no terminal.
  func askSecret(_ prompt: String, instead: String) async throws -> [UInt8]

  /// Leaves the terminal to a program that may ask the user, while the body runs.
  func lendTerminal<Output>(_ body: () async throws -> Output) async rethrows -> Output

  /// Runs work that the user can stop. The first interrupt cancels its task, which ends in order; at the second
  /// one, `abandon` is called and the program exits.
  ///
  /// - Parameter stopping: what is announced at the first interrupt, such as "stopping the order".
  func untilStopped<Output: Sendable>(
    _ stopping: String, _ work: @escaping @Sendable () async -> Output,
    abandon: @escaping @Sendable () -> Void
  ) async -> Output
}

/// The SSH connections of a run, the commands that it ran on hosts, and the bytes that it sent and
/// received. Summaries in JSON have it.
package struct SSHTraffic: Hashable, Sendable {
  package var connections = 0
  package var executions = 0
  package var bytesSent = 0
  package var bytesReceived = 0

  package init() {}
}
