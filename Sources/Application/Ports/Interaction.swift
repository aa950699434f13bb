package import Diagnostics
package import Execution
package import Planning
package import State

/// What use cases show to the user and ask while they run. The command line implements it for a terminal,
/// tests in memory.
package protocol Interaction: Sendable {
  /// Shows mistakes and warnings in a file that the user wrote.
  func show(_ diagnostics: [Diagnostic], in source: SourceText)

  /// Shows a plan before it is carried out.
  ///
  /// - Parameter caGenerations: the CA generations of the fleet, oldest first; the last one signs.
  func show(_ plan: Plan, caGenerations: [CAGeneration]) throws

  /// Shows what has just happened on a host.
  func show(_ event: ProgressEvent)

  /// Shows the results of all hosts when a run has ended.
  func show(_ summary: Summary, _ traffic: SSHTraffic) throws

  /// Adds a sentence to what a run has achieved.
  func report(_ sentence: String)

  /// Says something worth knowing that is neither a result nor a warning.
  func inform(_ text: String)

  /// Says what went wrong, or what the user should look at.
  func warn(_ text: String)

  /// Asks whether to continue; false unless somebody says yes.
  func confirm(_ question: String) async -> Bool

  /// Asks for a secret, which is not shown.
  ///
  /// - Parameter instead: what the user can do if there is no terminal.
  func askSecret(_ prompt: String, instead: String) async throws -> [UInt8]

  /// Runs work that the user may stop: its task is cancelled, and it ends in order. If the user does not
  /// wait for that, `abandon` is the last call of the program.
  func untilStopped<Output: Sendable>(
    _ work: @escaping @Sendable () async -> Output, abandon: @escaping @Sendable () -> Void
  ) async -> Output
}

/// What a run took on the wire.
package struct SSHTraffic: Hashable, Sendable {
  package var connections = 0
  package var executions = 0
  package var bytesSent = 0
  package var bytesReceived = 0

  package init() {}
}
