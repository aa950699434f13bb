import Execution
import Planning
import Synchronization

/// Remembers how far hosts have come, for the summary of a run that is left before it has ended.
final class RunProgress: Sendable {
  private struct Seen {
    var started: Set<String> = []
    var verdicts: [String: Verdict] = [:]
  }

  private let seen = Mutex(Seen())

  func note(_ event: ProgressEvent) {
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
  }

  /// The summary of a run that is left where it stands.
  func summarySoFar(of plan: Plan) -> Ledger {
    seen.withLock { seen in
      var summary = Ledger(verdicts: seen.verdicts, stopped: Ledger.interrupted)
      for host in plan.hosts.map(\.host) where summary.verdicts[host] == nil {
        summary.verdicts[host] =
          seen.started.contains(host)
          ? .unconfirmed(
            why:
              "left in the middle: unless it was just confirmed, it goes back to the release before"
              + " by itself")
          : .notAttempted(why: Verdict.stoppedBefore)
      }
      return summary
    }
  }
}
