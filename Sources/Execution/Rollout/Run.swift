import Fleet
import Planning
import State

/// A step that a host confirmed in this run.
struct ConfirmedStep: Sendable {
  var goal: HostStep.Goal
  /// The digest of the release's manifest; nil if it is not known or `deploy` was removed from the host.
  var record: ReleaseRecord?
  var fingerprint: Fingerprint
}

/// The progress of a rollout: results, prepared transactions and remaining steps.
struct Run {
  struct Stop: Error { var why: String }

  let plan: Plan
  /// The steps of each host that changes it.
  let steps: [HostName: [PlannedStep]]
  var summary = Summary()
  /// Transactions that are prepared and wait for the go signal.
  var waiting: [HostName: HostTransaction] = [:]
  /// Hosts whose edges were tested and do not work.
  var unproven: [HostName] = []
  private(set) var confirmed: [HostName: [ConfirmedStep]] = [:]

  init(_ plan: Plan) {
    self.plan = plan
    steps = Dictionary(grouping: plan.steps, by: \.host)
  }

  /// The host's next step and the result of the previous one; nil if the host has a final result.
  func next(_ host: HostName) -> (step: PlannedStep, previous: ConfirmedStep?)? {
    guard summary.results[host] == nil, let steps = steps[host] else { return nil }
    let done = confirmed[host] ?? []
    return done.count < steps.count ? (steps[done.count], done.last) : nil
  }

  /// A transaction that waits for the go signal, unless the host already has a result.
  func ready(_ host: HostName) -> HostTransaction? {
    summary.results[host] == nil ? waiting[host] : nil
  }

  /// Records the end of a step: the host has a result if its last step is confirmed, or any step is not.
  mutating func advance(_ host: HostName, _ result: HostResult, _ transaction: HostTransaction) {
    waiting[host] = nil
    guard case .confirmed(let goal) = result else {
      summary.results[host] = result
      return
    }
    confirmed[host, default: []].append(
      ConfirmedStep(
        goal: goal, record: transaction.record,
        fingerprint: goal.release.map {
          .release($0, digest: transaction.manifestDigest)
        } ?? .none))
    if confirmed[host]?.count == steps[host]?.count { summary.results[host] = result }
  }

  // MARK: - Dependencies between hosts

  private func has(_ need: HostStep.Need) -> Bool {
    confirmed[need.host]?.contains { $0.goal == need.goal } == true
      && need.through.allSatisfy(has)
  }

  /// Why a host may not continue: a working edge would break.
  func blocker(_ step: PlannedStep) -> String? {
    let missing = step.needs.filter { !has($0) }.map(\.host).sorted()
    if !missing.isEmpty {
      return
        "it waits for \(missing.joined(separator: ", ")): an edge between them would break. Run"
        + " again when \(missing.count == 1 ? "that host" : "those hosts") can change"
    }
    if let way = step.ways.first(where: { !$0.needs.contains(where: has) }) {
      let hosts = Set(way.needs.map(\.host)).sorted().joined(separator: ", ")
      return
        "it would have no back-end for \(way.site): \(hosts.isEmpty ? "none" : hosts)"
        + " did not get ready"
    }
    return nil
  }

  /// The result of a host that cannot continue.
  func notAttempted(_ host: HostName, why: String) -> HostResult {
    guard case .release(let release) = confirmed[host]?.last?.goal else {
      return .notAttempted(why: why)
    }
    return .notAttempted(
      why: "release \(release) is confirmed and accepts both the old and the new configuration, but"
        + " the next step was not taken: \(why)")
  }

  func stopIfFailed() throws {
    try Task.checkCancellation()
    let failed = summary.results.filter {
      $0.value.speaksAgainstTheChange && !plan.revoked.contains($0.key)
    }.keys.sorted()
    guard failed.count > plan.maxFailures else { return }
    throw Stop(
      why: "the change failed on \(failed.joined(separator: ", "))"
        + " (max_failures: \(plan.maxFailures))")
  }
}

extension Plan {
  /// Whether a machine has the recorded release of a host that now has another name.
  func renames(_ release: ReleaseRecord, _ state: FleetState) -> Bool {
    hosts.contains {
      $0.outcome == .unchanged(present: nil) && state.hosts[$0.host]?.release == release
    }
  }
}
