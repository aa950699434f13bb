import Diagnostics
import Execution
import Foundation
import Planning
import Synchronization

/// Tells on standard error what happens, a line for each change of a host, and remembers it.
final class Progress: Sendable {
  private struct Seen {
    var started: Set<String> = []
    var verdicts: [String: Verdict] = [:]
  }

  private let style: Style
  private let seen = Mutex(Seen())

  init(isColored: Bool) { style = Style(isColored: isColored) }

  func show(_ event: ProgressEvent) {
    seen.withLock { seen in
      switch event {
      case .started(let host):
        seen.started.insert(host)
        // An earlier step of the host is not its end.
        seen.verdicts[host] = nil
      case .settled(let host, let verdict): seen.verdicts[host] = verdict
      case .connecting, .surveyed, .staged, .prepared, .switching, .warned, .hookSaid, .pausing,
        .verifying, .untried:
        break
      }
    }
    if let line = text(event) { Console.error(line) }
  }

  /// The ledger of a run that is left where it stands.
  func ledgerSoFar(of plan: Plan) -> Ledger {
    seen.withLock { seen in
      var ledger = Ledger(verdicts: seen.verdicts, stopped: Ledger.interrupted)
      for step in plan.steps where ledger.verdicts[step.host] == nil {
        ledger.verdicts[step.host] =
          seen.started.contains(step.host)
          ? .unconfirmed(
            why:
              "left in the middle: unless it was just confirmed, it goes back to the release before"
              + " by itself")
          : .notAttempted(why: Verdict.stoppedBefore)
      }
      return ledger
    }
  }

  private func text(_ event: ProgressEvent) -> StyledText? {
    switch event {
    case .connecting, .surveyed, .staged, .started: nil
    case .prepared(let host): "\(host): staged and tested"
    case .switching(let host): "\(host): switching"
    case .warned(let host, let line): style("\(host): \(line.indented(by: 4))", .yellow)
    case .hookSaid(let host, let line): "\(host): \(line)"
    case .settled(let host, let verdict):
      verdict == .unchanged
        ? nil
        : style(
          "\(host): \(verdict.name)\(verdict.detail.isEmpty ? "" : ": \(verdict.detail.indented(by: 4))")",
          verdict.isSuccess ? .green : .red)
    case .pausing(let seconds): "waiting \(seconds) s before the next batch"
    case .verifying(let hosts): "trying the edges of \(hosts.joined(separator: ", "))"
    case .untried(let edges):
      style(edges.map { "not tried: \($0)" }.joined(separator: "\n"), .yellow)
    }
  }
}
