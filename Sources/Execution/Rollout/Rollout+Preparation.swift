import Fleet
import Planning
import State

/// How long the hosts of a run may take.
struct Pace: Sendable {
  /// Seconds.
  private let window: Int64
  private let budgets: Budgets
  private let revoked: Set<HostName>
  /// Seconds for a host whose certificate the others will refuse.
  private static let briefWindow: Int64 = 20

  init(window: Int64, budgets: Budgets, revoked: Set<HostName>) {
    (self.window, self.budgets, self.revoked) = (window, budgets, revoked)
  }

  /// Seconds that a host waits for its confirmation.
  func window(of host: HostName) -> Int64 {
    revoked.contains(host) ? min(window, Self.briefWindow) : window
  }

  func budgets(of host: HostName) -> Budgets { revoked.contains(host) ? budgets.brief : budgets }
}

/// Staging and validating releases on hosts before any of them switches.
extension Rollout {
  /// Lets the hosts that may continue stage and validate their next step.
  func prepare(_ hosts: [HostName], _ run: inout Run) async {
    var results: [(HostName, Result<HostTransaction, HostTransaction.Failure>)] = []
    let steps = hosts.sorted().compactMap { run.next($0) }.filter {
      $0.previous == nil || run.blocker($0.step) == nil
    }
    begin("preparing", past: "ready", steps.map(\.step.host))
    await forEach(steps, limit: parallel, while: { !Task.isCancelled }) { next in
      (next.step.host, await self.prepare(next.step, after: next.previous))
    } whenDone: { name, result in
      if case .success(let transaction) = result {
        await heartbeat.begin(for: transaction)
        report(.prepared(host: name))
      }
      report(.finished(member: name.text))
      results.append((name, result))
    }
    report(.ended)
    for (name, result) in results {
      switch result {
      case .success(let transaction): run.waiting[name] = transaction
      case .failure(let failure):
        if case .notAttempted(let why) = failure.result {
          conclude(name, run.notAttempted(name, why: why), &run)
        } else {
          conclude(name, failure.result, &run)
        }
      }
    }
  }

  /// Stops hosts whose next step would break an edge because another host is not ready.
  func holdBack(_ batch: [HostName], _ run: inout Run) async {
    for host in batch {
      guard let step = run.next(host)?.step, let why = run.blocker(step) else { continue }
      conclude(host, run.notAttempted(host, why: why), &run)
      // Its lock is released now, not at the end of the run.
      guard let transaction = run.waiting.removeValue(forKey: host) else { continue }
      await heartbeat.end(for: transaction)
      await Task.detached { await transaction.abandon() }.value
    }
  }

  func prepare(
    _ step: PlannedStep, after previous: ConfirmedStep?
  ) async -> Result<HostTransaction, HostTransaction.Failure> {
    let release: BuiltRelease
    do {
      release = try await builder.build(step, after: previous?.record ?? step.present)
    } catch let fault as HostFault {
      return .failure(.init(result: .refused(Refusal(cause: .host, why: fault.description))))
    } catch {
      // A file that cannot be read or a state that cannot be written concerns all hosts.
      return .failure(.init(result: .refused(Refusal(cause: .change, why: "\(error)"))))
    }
    do {
      // Recorded before it is sent: a manifest that the state does not know counts as another controller's.
      if let digest = release.manifestDigest {
        try await store.expect(digest, fromSerial: serial, on: step.host)
      }
    } catch {
      return .failure(.init(result: .refused(Refusal(cause: .change, why: "\(error)"))))
    }
    return await HostTransaction.prepare(
      step, after: previous, release, in: pool, who: surroundings.user,
      window: pace.window(of: step.host), budgets: pace.budgets(of: step.host), report: report)
  }
}
