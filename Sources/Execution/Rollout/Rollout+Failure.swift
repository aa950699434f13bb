import Fleet
import Planning
import State

/// Testing the edges of a batch, and rolling back hosts if the run stops.
extension Rollout {
  /// Tests the edges of a batch if the playbook requires it; a failure stops the run.
  ///
  /// Edges of a host with a revoked certificate are refused, as intended, until it has a new one.
  func verify(_ plan: Plan, _ hosts: [HostName], _ run: inout Run) async throws {
    let confirmed = hosts.filter {
      run.confirmed[$0]?.isEmpty == false && !plan.revoked.contains($0)
    }
    guard plan.verifiesEdges, !confirmed.isEmpty else { return }
    report(.verifying(hosts: confirmed.sorted()))
    // A host that was already held before the run does not count as a failure of the change.
    var untried = Dictionary(
      plan.hosts.filter { $0.hold != nil }.map { ($0.host, "is left out of this run") },
      uniquingKeysWith: { $1 })
    for host in plan.revoked { untried[host] = "has a revoked certificate" }
    let leaving = Set(plan.steps.filter { $0.goal == .removed }.map(\.host))
    let findings = await verifier.findings(
      touching: Set(confirmed), leaving: leaving, untried: untried)
    report(.ended)
    try Task.checkCancellation()
    if !findings.untried.isEmpty { report(.untried(edges: findings.untried)) }
    guard !findings.problems.isEmpty else { return }
    run.unproven = confirmed.sorted()
    throw Run.Stop(
      why: "edges of \(confirmed.sorted().joined(separator: ", ")) do not work:\n"
        + findings.problems.joined(separator: "\n"))
  }

  /// Rolls hosts back to what they had before the run, in the opposite order: an order that is safe
  /// forwards is safe backwards.
  func takeBack(_ plan: Plan, _ run: inout Run) async {
    let all = plan.revertsAll && run.summary.stopped != Summary.interrupted
    let groups =
      all ? run.reversals(of: Array(run.confirmed.keys)) : run.lastReversals(of: run.unproven)
    let why = "the run stopped, and the playbook rolls back all changed hosts"
    for group in groups {
      var endings: [(host: HostName, result: HostResult)] = []
      begin("rolling back", past: "done", group.map(\.step.host))
      await forEach(group.filter { run.canBeTakenBack($0.step.host) }, limit: parallel) {
        reversal in
        (reversal.step.host, await self.takeBack(reversal))
      } whenDone: { ending in
        report(.finished(member: ending.0.text))
        endings.append((host: ending.0, result: ending.1))
      }
      report(.ended)
      for (host, result) in endings {
        let ending: HostResult =
          if case .confirmed = result { .reverted(why: why) } else {
            .failed(why: "the rollback did not succeed: \(result.name), \(result.detail)")
          }
        run.summary.results[host] = ending
        report(.settled(host: host, ending))
      }
      // A stage waits for all hosts of the one before, also when rolling back.
      guard endings.allSatisfy({ run.summary.results[$0.host]?.name == "reverted" }) else { return }
    }
  }

  private func takeBack(_ reversal: Run.Reversal) async -> HostResult {
    await Task.detached {
      if let loss = await self.reservationLoss() { return .failed(why: "\(loss)") }
      switch await self.prepare(reversal.step, after: nil) {
      case .failure(let failure): return failure.result
      case .success(let transaction):
        let (_, result) = await self.settled(transaction)
        guard case .confirmed = result else { return result }
        do {
          await self.store.settle(transaction.confirmedDigest, on: reversal.step.host)
          try await self.store.record(
            reversal.before.map {
              self.record(of: $0, at: reversal.step.connection, as: reversal.step.roles)
            }, of: reversal.step.host)
        } catch {
          return .failed(why: "it was rolled back, but this could not be recorded: \(error)")
        }
        return result
      }
    }.value
  }
}

extension Run {
  /// A step that rolls back a confirmed step of its host. ``reversals(of:)`` makes it if a batch
  /// fails its verification, or if the run stops and the playbook rolls back all changed hosts.
  struct Reversal: Sendable {
    var step: PlannedStep
    /// The release that the host had before; nil for none.
    var before: ReleaseRecord?
  }

  /// Whether its last step is confirmed or it is between two steps; another result is kept.
  func canBeTakenBack(_ host: HostName) -> Bool {
    switch summary.results[host] {
    case nil, .confirmed, .notAttempted, .reverted: confirmed[host]?.isEmpty == false
    case .unchanged, .refused, .failed, .unreachable, .unconfirmed: false
    }
  }

  /// The last confirmed step of each host; the steps before it need not be rolled back.
  func lastReversals(of hosts: [HostName]) -> [[Reversal]] {
    let last = hosts.compactMap { reversals(of: [$0]).first?.first }
    return last.isEmpty ? [] : [last]
  }

  /// The confirmed steps of hosts, the last stage first; those of one stage together.
  func reversals(of hosts: [HostName]) -> [[Reversal]] {
    var stages: [Int: [Reversal]] = [:]
    for host in hosts.sorted() {
      guard let done = confirmed[host], let steps = steps[host] else { continue }
      for (index, confirmed) in done.enumerated() {
        // A host from which deploy was removed needs a new installation, which only a plan can do.
        guard confirmed.goal != .removed else { continue }
        let before = before(steps[0], index == 0 ? nil : done[index - 1])
        let step = HostStep(
          before.map { .restore($0) } ?? .remove, reasons: [], expected: confirmed.fingerprint)
        stages[steps[index].stage, default: []].append(
          Reversal(step: steps[index].replaced(by: step), before: before?.record))
      }
    }
    return stages.sorted { $0.key > $1.key }.map(\.value)
  }

  /// The release of a host before its first step, or the one that a step installed; nil if there was none.
  private func before(_ first: PlannedStep, _ previous: ConfirmedStep?) -> RestoredRelease? {
    if let previous {
      guard case .release(let number) = previous.goal else { return nil }
      return previous.record.map { .known($0, digest: previous.fingerprint.manifestDigest) }
        ?? .unknown(number: number)
    }
    if let present = first.present { return .known(present, digest: first.presentDigest) }
    return (first.expected?.release).map { .unknown(number: $0) }
  }
}
