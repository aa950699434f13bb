import Execution
import Fleet
import Planning
import Synchronization

/// Remembers how far hosts have come, for the summary of a run that is left before it has ended.
final class RunProgress: Sendable {
  private struct Seen {
    var started: Set<HostName> = []
    var results: [HostName: HostResult] = [:]
  }

  private let seen = Mutex(Seen())

  func note(_ event: ProgressEvent) {
    seen.withLock { seen in
      switch event {
      case .started(let host):
        seen.started.insert(host)
        // An earlier step of the host is not its end.
        seen.results[host] = nil
      case .settled(let host, let result): seen.results[host] = result
      case .connecting, .surveyed, .staged, .prepared, .switching, .warned, .hookSaid, .pausing,
        .verifying, .untried:
        break
      }
    }
  }

  /// The summary of a run that is left where it stands.
  func summarySoFar(of plan: Plan) -> Summary {
    seen.withLock { seen in
      var summary = Summary(results: seen.results, stopped: Summary.interrupted)
      for host in plan.hosts.map(\.host) where summary.results[host] == nil {
        summary.results[host] =
          seen.started.contains(host)
          ? .unconfirmed(
            why:
              "left in the middle: unless it was just confirmed, it goes back to the release before"
              + " by itself")
          : .notAttempted(why: HostResult.stoppedBefore)
      }
      return summary
    }
  }
}
