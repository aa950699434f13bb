import Fleet
import Planning
import State

/// What a rollout proves of a batch, and what it takes back where that fails.
extension Rollout {
  /// Tries the edges of a batch where the playbook asks for it; one that fails stops the run.
  ///
  /// Edges of a host with a revoked certificate are refused, as they should be, until it has another.
  func verify(_ plan: Plan, _ hosts: [HostName], _ run: inout Run) async throws {
    let confirmed = hosts.filter {
      run.confirmed[$0]?.isEmpty == false && !plan.revoked.contains($0)
    }
    guard plan.verifiesEdges, !confirmed.isEmpty else { return }
    report(.verifying(hosts: confirmed.sorted()))
    // What was out of reach before the run speaks against the host, not against the change.
    var untried = Dictionary(
      plan.hosts.filter { $0.hold != nil }.map { ($0.host, "is left out of this run") },
      uniquingKeysWith: { $1 })
    for host in plan.revoked { untried[host] = "has a revoked certificate" }
    let leaving = Set(plan.steps.filter { $0.goal == .removed }.map(\.host))
    let findings = await verifier.findings(
      touching: Set(confirmed), leaving: leaving, untried: untried)
    try Task.checkCancellation()
    if !findings.untried.isEmpty { report(.untried(edges: findings.untried)) }
    guard !findings.problems.isEmpty else { return }
    run.unproven = confirmed.sorted()
    throw Run.Stop(
      why: "edges of \(confirmed.sorted().joined(separator: ", ")) do not work:\n"
        + findings.problems.joined(separator: "\n"))
  }

  /// Brings hosts back to what they were before the run, in the opposite order: what an order keeps
  /// working forwards, it keeps working backwards.
  func takeBack(_ plan: Plan, _ run: inout Run) async {
    let all = plan.revertsAll && run.summary.stopped != Summary.interrupted
    let groups =
      all ? run.reversals(of: Array(run.confirmed.keys)) : run.lastReversals(of: run.unproven)
    let why = "the run stopped, and its playbook takes back what was changed"
    for group in groups {
      var endings: [(host: HostName, result: HostResult)] = []
      await forEach(group.filter { run.canBeTakenBack($0.step.host) }, limit: parallel) {
        reversal in
        (reversal.step.host, await self.takeBack(reversal))
      } whenDone: {
        endings.append($0)
      }
      for (host, result) in endings {
        let ending: HostResult =
          if case .confirmed = result { .reverted(why: why) } else {
            .failed(why: "it was to go back and did not: \(result.name), \(result.detail)")
          }
        run.summary.results[host] = ending
        report(.settled(host: host, ending))
      }
      // What is behind a barrier waits for all before it, on the way back as well.
      guard endings.allSatisfy({ run.summary.results[$0.host]?.name == "reverted" }) else { return }
    }
  }

  private func takeBack(_ reversal: Run.Reversal) async -> HostResult {
    await Task.detached {
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
          return .failed(why: "it went back, which could not be written down: \(error)")
        }
        return result
      }
    }.value
  }
}

extension Run {
  /// A confirmed step that is taken back.
  struct Reversal: Sendable {
    var step: PlannedStep
    /// What the host had before; nil for nothing of `deploy`.
    var before: ReleaseRecord?
  }

  /// Whether its last step is confirmed or it stands between two; another end is not written over.
  func canBeTakenBack(_ host: HostName) -> Bool {
    switch summary.results[host] {
    case nil, .confirmed, .notAttempted, .reverted: confirmed[host]?.isEmpty == false
    case .unchanged, .refused, .failed, .unreachable, .unconfirmed: false
    }
  }

  /// The step of each host that was confirmed last, and no other: the steps before it work as they did.
  func lastReversals(of hosts: [HostName]) -> [[Reversal]] {
    let last = hosts.compactMap { reversals(of: [$0]).first?.first }
    return last.isEmpty ? [] : [last]
  }

  /// The confirmed steps of hosts, the last stage first; those of one stage go together.
  func reversals(of hosts: [HostName]) -> [[Reversal]] {
    var stages: [Int: [Reversal]] = [:]
    for host in hosts.sorted() {
      guard let done = confirmed[host], let steps = steps[host] else { continue }
      for (index, confirmed) in done.enumerated() {
        // A host that has left would have to be installed anew, which a plan does.
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

  /// The release that was in force on a host before its first step, or the one that a step has left there;
  /// nil where there was none.
  private func before(_ first: PlannedStep, _ previous: ConfirmedStep?) -> RestoredRelease? {
    if let previous {
      guard case .release(let number) = previous.goal else { return nil }
      return previous.record.map { .known($0, digest: previous.fingerprint.manifestDigest) }
        ?? .unknown(number: number)
    }
    if let present = first.present { return .known(present, digest: first.presentDigest) }
    return (first.expected?.release?.value).map { .unknown(number: $0) }
  }
}
