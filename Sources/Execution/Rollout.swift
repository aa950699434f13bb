package import Planning
package import State

/// Carries out a plan: every host is prepared and tested first, then the batches switch one by one.
package struct Rollout: Sendable {
  private let fleet: Fleet
  private let builder: ReleaseBuilder
  private let store: any StateStore
  private let surroundings: Surroundings
  private let parallel: Int
  private let report: @Sendable (ProgressEvent) -> Void

  package init(
    of plan: Plan, fleet: Fleet, issuer: any CertificateIssuer, store: any StateStore,
    surroundings: Surroundings, parallel: Int,
    report: @escaping @Sendable (ProgressEvent) -> Void
  ) {
    self.fleet = fleet
    self.builder = ReleaseBuilder(
      issuer: issuer, surroundings: surroundings, fleet: plan.fleet, lineage: plan.lineage)
    self.store = store
    self.surroundings = surroundings
    self.parallel = parallel
    self.report = report
  }

  package func run(_ plan: Plan, state: FleetState) async -> Ledger {
    var run = Run(plan: plan)
    do {
      try await settleIdle(plan, state, &run)
      await prepare(plan.steps.filter(\.action.changesHost), &run)
      try run.stopIfFailed()
      for (index, batch) in plan.stages.flatMap(\.batches).enumerated() {
        keepWhatIsNeeded(batch, &run)
        let transactions = batch.compactMap { run.ready($0) }
        if index > 0, !transactions.isEmpty, plan.pause > 0 {
          report(.pausing(seconds: plan.pause))
          try await surroundings.sleep(plan.pause)
        }
        try await carryOut(transactions, &run)
        try run.stopIfFailed()
      }
    } catch let stop as Run.Stop {
      run.ledger.stopped = stop.why
    } catch is CancellationError {
      run.ledger.stopped = Ledger.interrupted
    } catch {
      run.ledger.stopped = "\(error)"
    }
    await abandonRest(plan, &run)
    return run.ledger
  }

  /// A run as far as it has come.
  struct Run {
    struct Stop: Error { var why: String }

    let plan: Plan
    var ledger = Ledger()
    var waiting: [String: HostTransaction] = [:]

    /// A transaction that waits for the word, unless the host has a verdict already.
    func ready(_ host: String) -> HostTransaction? {
      ledger.verdicts[host] == nil ? waiting[host] : nil
    }

    /// Front-ends that may still be what they were before.
    var frontEndsLeftBehind: [String] {
      plan.steps.filter {
        $0.isFrontEnd && $0.action != .remove && ledger.verdicts[$0.host]?.isSuccess == false
      }.map(\.host)
    }

    func stopIfFailed() throws {
      try Task.checkCancellation()
      let failed = ledger.verdicts.filter(\.value.speaksAgainstTheChange).keys.sorted()
      guard failed.count > plan.maxFailures else { return }
      throw Stop(
        why: "the change failed on \(failed.joined(separator: ", ")), and the playbook allows"
          + " \(plan.maxFailures) such \(plan.maxFailures == 1 ? "failure" : "failures")")
    }
  }

  private func settle(_ host: String, _ verdict: Verdict, _ run: inout Run) {
    run.ledger.verdicts[host] = verdict
    report(.settled(host: host, verdict))
  }

  /// Hosts that need nothing; what an earlier run did there and could not write down is written now.
  private func settleIdle(_ plan: Plan, _ state: FleetState, _ run: inout Run) async throws {
    for step in plan.steps {
      switch step.action {
      case .create, .change, .remove: continue
      case .blocked:
        settle(step.host, .unreachable(why: step.reasons.joined(separator: "; ")), &run)
      case .unchanged:
        if let present = step.present {
          var record = record(of: step, present)
          if let known = state.hosts[step.host], known.release == present {
            (record.appliedAt, record.appliedBy) = (known.appliedAt, known.appliedBy)
          }
          if state.hosts[step.host] != record { try await store.record(record, of: step.host) }
        }
        settle(step.host, .unchanged, &run)
      }
    }
  }

  private func record(of step: HostStep, _ release: ReleaseRecord) -> HostRecord {
    HostRecord(
      address: step.connection.address, sshPort: step.connection.port,
      sshUser: step.connection.user, roles: step.roles, release: release,
      appliedAt: surroundings.now(), appliedBy: surroundings.user)
  }

  private func prepare(_ steps: [HostStep], _ run: inout Run) async {
    var results: [(String, Result<HostTransaction, HostTransaction.Failure>)] = []
    await forEach(steps, limit: parallel, while: { !Task.isCancelled }) { step in
      (step.host, await self.prepare(step))
    } whenDone: { name, result in
      if case .success = result { report(.prepared(host: name)) }
      results.append((name, result))
    }
    for (name, result) in results {
      switch result {
      case .success(let transaction): run.waiting[name] = transaction
      case .failure(let failure): settle(name, failure.verdict, &run)
      }
    }
  }

  /// A host is cleaned only when no front-end can route to it any more.
  private func keepWhatIsNeeded(_ batch: [String], _ run: inout Run) {
    let leftBehind = run.frontEndsLeftBehind
    guard !leftBehind.isEmpty else { return }
    for host in batch where run.ready(host)?.step.action == .remove {
      settle(
        host,
        .notAttempted(
          why: "it may still be in use by \(leftBehind.joined(separator: ", ")): run again when"
            + " \(leftBehind.count == 1 ? "that front-end has" : "those front-ends have") changed"),
        &run)
    }
  }

  private func prepare(_ step: HostStep) async -> Result<HostTransaction, HostTransaction.Failure> {
    let release: BuiltRelease
    do {
      release = try await builder.build(step)
    } catch {
      return .failure(.init(verdict: .notAttempted(why: "\(error)")))
    }
    do {
      let host = try await fleet.host(step.host, step.connection)
      return await HostTransaction.prepare(
        step, release, on: host, who: surroundings.user, report: report)
    } catch {
      return .failure(.init(of: error))
    }
  }

  private func carryOut(_ batch: [HostTransaction], _ run: inout Run) async throws {
    var failure: (any Error)?
    var verdicts: [(String, Verdict)] = []
    await forEach(
      batch, limit: parallel, while: { failure == nil && !Task.isCancelled }
    ) { transaction in
      (transaction, await self.carryOut(transaction))
    } whenDone: { transaction, verdict in
      if case .confirmed(let release) = verdict {
        do {
          let record = release == 0 ? nil : record(of: transaction.step, transaction.record)
          try await store.record(record, of: transaction.step.host)
        } catch {
          failure = error
        }
      }
      report(.settled(host: transaction.step.host, verdict))
      verdicts.append((transaction.step.host, verdict))
    }
    for (host, verdict) in verdicts {
      run.waiting[host] = nil
      run.ledger.verdicts[host] = verdict
    }
    if let failure { throw failure }
  }

  /// A transaction that has the word is seen to its end, whatever is cancelled meanwhile.
  private func carryOut(_ transaction: HostTransaction) async -> Verdict {
    await Task.detached { await self.settled(transaction) }.value
  }

  private func settled(_ transaction: HostTransaction) async -> Verdict {
    switch await transaction.carryOut(report: report) {
    case .verdict(let verdict): return verdict
    case .notStarted(let why): return await again(transaction.step, why)
    case .unknown(let why): return await askAgain(transaction.step, why)
    }
  }

  /// The host is asked how far it has come, and prepared once more where it is as it was.
  private func again(_ step: HostStep, _ why: String) async -> Verdict {
    await fleet.forget(step.host)
    switch await fleet.survey(step.host, step.connection) {
    case .unreachable(let still): return Self.lost(why, still)
    case .observed(let observation):
      guard observation.fingerprint == step.expected, observation.interruptedTransaction == nil
      else { return Self.verdict(of: step, by: observation, why) }
    }
    switch await prepare(step) {
    case .failure(let failure): return failure.verdict
    case .success(let transaction):
      switch await transaction.carryOut(report: report) {
      case .verdict(let verdict): return verdict
      case .notStarted(let why), .unknown(let why): return await askAgain(step, why)
      }
    }
  }

  /// The host ends by itself and keeps its lock until then; the survey waits for that lock.
  private func askAgain(_ step: HostStep, _ why: String) async -> Verdict {
    await fleet.forget(step.host)
    switch await fleet.survey(step.host, step.connection) {
    case .unreachable(let still): return Self.lost(why, still)
    case .observed(let observation): return Self.verdict(of: step, by: observation, why)
    }
  }

  private static func lost(_ why: String, _ still: String) -> Verdict {
    .unreachable(
      why: "the connection was lost in the middle (\(why)) and does not come back (\(still));"
        + " the host ends in one of the two releases by itself: run again to see which")
  }

  private static func verdict(
    of step: HostStep, by observation: HostObservation, _ why: String
  ) -> Verdict {
    if observation.interruptedTransaction != nil {
      return .broken(why: "the transaction was cut off on the host (\(why)): run again")
    }
    if (observation.currentRelease ?? 0) == step.release {
      return .confirmed(release: step.release)
    }
    return observation.fingerprint == step.expected
      ? .reverted(why: "the connection was lost (\(why)) and the release before is in force")
      : .broken(why: "the connection was lost (\(why)) and another release is in force")
  }

  private func abandonRest(_ plan: Plan, _ run: inout Run) async {
    await forEach(Array(run.waiting.values), limit: parallel) { transaction in
      await Task.detached { await transaction.abandon() }.value
    } whenDone: { _ in
    }
    for step in plan.steps where run.ledger.verdicts[step.host] == nil {
      settle(step.host, .notAttempted(why: Verdict.stoppedBefore), &run)
    }
  }
}
