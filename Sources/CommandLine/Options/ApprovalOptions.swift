import Application
import ArgumentParser
import Execution
import Inventories

/// The options of commands that show a plan, ask for approval and carry the plan out: `--format`
/// and `--yes`.
struct ApprovalOptions: ParsableArguments {
  @Option(help: "Output format; ndjson prints each event of the run when it happens.")
  var format = RunFormat.text
  @Flag(help: "Carry out the plan without asking.") var yes = false
  @OptionGroup var lock: LockOption

  /// The options of a command that does not ask.
  static func approved(_ format: RunFormat, _ lock: LockOption) -> Self {
    var options = Self()
    (options.format, options.yes, options.lock) = (format, true, lock)
    return options
  }

  /// Runs the work of a command that changes hosts, and turns its summary into an exit code: 0 if
  /// every host is unchanged or confirmed, 130 if the user interrupted the run, otherwise 1.
  ///
  /// - Parameters:
  ///   - scope: makes the scope of the run from the options of the command.
  ///   - work: makes a plan and carries it out.
  func carryOut(
    _ options: FleetOptions, _ log: LogOption, _ scope: () throws -> RunScope,
    _ work: (FleetRun) async throws -> Summary
  ) async throws {
    let events = format == .ndjson ? RunEventLog() : nil
    // Afterwards, so that a message does not wait for the reader of the events.
    defer { events?.finish() }
    try await reporting {
      // JSON is for programs, which cannot be asked about a plan that they have not seen.
      guard format == .text || yes else {
        throw Failure(.usage, "--format \(format.rawValue) shows no plan to approve: add --yes")
      }
      let run = try await FleetRun(
        options.location(waiting: lock), scope(),
        options.interaction(format: format.ofResults, yes: yes, events: events),
        log: log.logger(options.verbosity))
      events?.start(
        run: run.name, fleet: run.workspace.inventory.fleet, command: FleetOptions.words)
      do {
        let failure = try await work(run).failure
        events?.end(exit: failure?.kind.rawValue ?? 0)
        if let failure { throw ExitCode(ExitStatus(failure.kind)) }
      } catch let code as ExitCode {
        throw code
      } catch {
        let failure = Failure(error)
        events?.end(exit: failure.kind.rawValue, failure: failure.message)
        throw error
      }
    }
  }
}
