import Application
import Diagnostics
import Execution
import Fleet
import FoundationEssentials
import Planning
import Synchronization

/// The events of a run as NDJSON on standard output, one object a line, as they happen (`--format ndjson`,
/// docs/json.md).
///
/// The first line is `run-started`, the last one `run-ended`, and each host of the run has a `host-result` between
/// them, of which the last one is its result. Adding an event never waits for the reader of standard output: events are
/// added within the transactions of hosts.
final class RunEventLog: Sendable {
  private struct State {
    var sequence = 0
    var hasStarted = false
    var hasEnded = false
    var results: [HostName: HostResult] = [:]
    var summary: (summary: Summary, traffic: SSHTraffic)?
  }

  private let state = Mutex(State())
  private let writer: LineWriter

  init(_ writer: LineWriter = LineWriter { Console.outputLine($0) }) {
    self.writer = writer
  }

  /// Begins the events of a run.
  func start(run: String, fleet: FleetName, command: [String]) {
    state.withLock { state in
      state.hasStarted = true
      add(.init("run-started", run: run, fleet: fleet.text, command: command), &state)
    }
  }

  /// Adds the plan that is about to be carried out.
  func add(_ plan: Plan) {
    state.withLock { state in
      var event = RunEvent("plan")
      event.hasChanges = plan.hasChanges
      event.hosts = plan.hosts.filter { !$0.plannedSteps.isEmpty }.map(\.host.text)
      event.warnings = plan.warnings
      add(event, &state)
    }
  }

  /// Adds what has happened, if it is one of the documented events.
  func add(_ progress: ProgressEvent) {
    state.withLock { state in
      if case .settled(let host, let result) = progress { state.results[host] = result }
      if let event = RunEvent(progress) { add(event, &state) }
    }
  }

  /// Adds what went wrong, or what the user should look at.
  func warn(_ text: String) {
    state.withLock { state in
      var event = RunEvent("warning")
      event.text = text
      add(event, &state)
    }
  }

  /// Keeps the results of the run for its end.
  func note(_ summary: Summary, _ traffic: SSHTraffic) {
    state.withLock { $0.summary = (summary, traffic) }
  }

  /// Adds what has not been reported yet, and the end of the run. Does nothing if the run has not begun or has ended.
  ///
  /// - Parameter failure: why the run failed, if the results do not say it.
  func end(exit: Int32, failure: String? = nil) {
    state.withLock { state in
      guard state.hasStarted, !state.hasEnded else { return }
      let summary = state.summary?.summary ?? Summary()
      for (host, result) in summary.results.sorted(by: { $0.key < $1.key })
      where state.results[host] != result {
        state.results[host] = result
        add(RunEvent(host, result), &state)
      }
      for (site, result) in summary.orders.sorted(by: { $0.key < $1.key }) {
        var event = RunEvent("certificate-result")
        event.site = site.text
        event.isSuccess = result.isSuccess
        event.detail = result.detail
        add(event, &state)
      }
      var event = RunEvent("run-ended")
      event.exit = exit
      event.failure = failure
      event.isSuccess = exit == 0
      event.stopped = summary.stopped
      event.warnings = summary.warnings
      // Those of the summary, or, if the run failed before it had one, those that were reported.
      event.counts = Dictionary(grouping: state.results.values, by: \.name).mapValues(\.count)
      event.ssh = state.summary.map { RunEvent.Wire($0.traffic) }
      add(event, &state)
      state.hasEnded = true
    }
  }

  /// Waits until the events are written.
  ///
  /// - Parameter seconds: how long it waits at most; nil for any time.
  /// - Returns: whether they are written, or cannot be.
  @discardableResult
  func finish(within seconds: Int? = nil) -> Bool { writer.finish(within: seconds) }

  /// Adds an event with its number and time, under the lock, so that lines are in the order of their numbers.
  private func add(_ event: RunEvent, _ state: inout State) {
    guard state.hasStarted, !state.hasEnded else { return }
    state.sequence += 1
    var event = event
    event.sequence = state.sequence
    do {
      writer.add(try JSONText.line(event))
    } catch {
      preconditionFailure("An event has no JSON: \(error). This is a bug in deploy.")
    }
  }
}
