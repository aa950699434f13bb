import Application
import ArgumentParser
import Execution

/// The options of commands that show a plan, ask and carry it out.
struct ApprovalOptions: ParsableArguments {
  @Option(help: "How the result is shown.") var format = OutputFormat.text
  @Flag(help: "Do not ask.") var yes = false

  /// Runs the work that changes hosts; the exit code is that of its summary: nothing that did not succeed
  /// counts as done.
  func carryOut(
    _ options: FleetOptions, _ scope: () throws -> RunScope,
    _ work: (FleetRun) async throws -> Summary
  ) async throws {
    try await reporting {
      // JSON is for programs, which cannot be asked about a plan that they have not seen.
      guard format != .json || yes else {
        throw Failure(.usage, "--format json shows no plan to say yes to: give --yes as well")
      }
      let run = try FleetRun(
        options.location, scope(), options.interaction(format: format, yes: yes))
      let summary = try await work(run)
      if summary.stopped == Summary.interrupted { throw ExitCode(.interrupted) }
      guard summary.isSuccess else { throw ExitCode(.failed) }
    }
  }
}
