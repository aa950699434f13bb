import Execution
import Fleet
import Planning
import Synchronization

/// Records the progress of hosts, for the summary of a run that the user abandons with a second
/// Ctrl-C.
final class RunProgress: Sendable {
  private struct Seen {
    var started: Set<HostName> = []
    var results: [HostName: HostResult] = [:]
  }

  private let seen = Mutex(Seen())

  /// Records that a host has started its change, or its result.
  func note(_ event: ProgressEvent) {
    seen.withLock { seen in
      switch event {
      case .started(let host):
        seen.started.insert(host)
        // The result of an earlier step is not the host's final one.
        seen.results[host] = nil
      case .settled(let host, let result): seen.results[host] = result
      case .connecting, .surveyed, .staged, .prepared, .switching, .warned, .hookSaid, .pausing,
        .verifying, .untried, .began, .finished, .ended, .rollingOut, .entered, .rolledOut,
        .checked:
        break
      }
    }
  }

  /// The summary at this moment. A host that has started and has no result yet is unconfirmed.
  func summarySoFar(of plan: Plan) -> Summary {
    seen.withLock { seen in
      var summary = Summary(results: seen.results, stopped: Summary.interrupted)
      for host in plan.hosts.map(\.host) where summary.results[host] == nil {
        summary.results[host] =
          seen.started.contains(host)
          ? .unconfirmed(
            why:
              "the run was abandoned during the change: unless the host was just confirmed, it rolls back"
              + " automatically")
          : .notAttempted(why: HostResult.stoppedBefore)
      }
      return summary
    }
  }
}
