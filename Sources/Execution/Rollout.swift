package import Planning
package import State

/// Carries out a plan: every host is prepared and tested first, then the batches switch one by one.
package struct Rollout: Sendable {
  private let fleet: Fleet
  private let builder: ReleaseBuilder
  private let store: any StateStore
  private let surroundings: Surroundings
  private let confirmation: Confirmation
  private let heartbeat: Heartbeat
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
    self.confirmation = Confirmation(
      fleet: fleet, surroundings: surroundings, window: plan.confirmWithin,
      keepReleases: plan.keepReleases)
    self.heartbeat = Heartbeat(surroundings)
    self.parallel = parallel
    self.report = report
  }

  package func run(_ plan: Plan, state: FleetState) async -> Ledger {
    await heartbeat.start()
    let ledger = await ledger(of: plan, state)
    await heartbeat.stop()
    return ledger
  }

  private func ledger(of plan: Plan, _ state: FleetState) async -> Ledger {
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

    /// A site for which none of its back-ends is what it should be.
    func deadEnd(of step: HostStep) -> HostStep.Route? {
      step.routes.first { route in
        !route.hosts.contains { host in
          guard plan.steps.contains(where: { $0.host == host }) else { return true }
          return ledger.verdicts[host]?.isSuccess == true || waiting[host]?.step.retires == true
            || host == step.host
        }
      }
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
      case .create, .change, .remove, .restore: continue
      case .blocked:
        let why = step.reasons.joined(separator: "; ")
        settle(step.host, .refused(Refusal(cause: .host, why: why)), &run)
      case .unreachable:
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
      sshUser: step.connection.user, sshBecomes: step.connection.becomes,
      sshIdentities: step.connection.identities, sshKnownHosts: step.connection.knownHosts,
      sshOptions: step.connection.options, roles: step.roles, release: release,
      appliedAt: surroundings.now(), appliedBy: surroundings.user)
  }

  private func prepare(_ steps: [HostStep], _ run: inout Run) async {
    var results: [(String, Result<HostTransaction, HostTransaction.Failure>)] = []
    await forEach(steps, limit: parallel, while: { !Task.isCancelled }) { step in
      (step.host, await self.prepare(step))
    } whenDone: { name, result in
      if case .success(let transaction) = result {
        await heartbeat.begin(for: transaction)
        report(.prepared(host: name))
      }
      results.append((name, result))
    }
    for (name, result) in results {
      switch result {
      case .success(let transaction): run.waiting[name] = transaction
      case .failure(let failure): settle(name, failure.verdict, &run)
      }
    }
  }

  /// A front-end goes on only to back-ends that are there, and a back-end goes only when no front-end
  /// can route to it any more.
  private func keepWhatIsNeeded(_ batch: [String], _ run: inout Run) {
    for host in batch {
      guard let step = run.ready(host)?.step, let route = run.deadEnd(of: step) else { continue }
      settle(
        host,
        .notAttempted(
          why: "it would have no back-end for \(route.site): \(route.hosts.joined(separator: ", "))"
            + " did not get ready"),
        &run)
    }
    let leftBehind = run.frontEndsLeftBehind
    guard !leftBehind.isEmpty else { return }
    for host in batch where run.ready(host)?.step.retires == true {
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
      // What cannot be made for one host, such as a certificate, would not be made for the others.
      return .failure(.init(verdict: .refused(Refusal(cause: .change, why: "\(error)"))))
    }
    do {
      let host = try await fleet.host(step.host, step.connection)
      return await HostTransaction.prepare(
        step, release, on: host, who: surroundings.user, window: confirmation.window,
        report: report)
    } catch {
      return .failure(.init(of: error))
    }
  }

  private func carryOut(_ batch: [HostTransaction], _ run: inout Run) async throws {
    var settled: [Settled] = []
    await forEach(
      batch, limit: parallel,
      while: { !Task.isCancelled && settled.allSatisfy { $0.failure == nil } }
    ) { transaction in
      await self.carryOut(transaction)
    } whenDone: { result in
      report(.settled(host: result.host, result.verdict))
      settled.append(result)
    }
    for result in settled {
      run.waiting[result.host] = nil
      run.ledger.verdicts[result.host] = result.verdict
    }
    if let failure = settled.compactMap(\.failure).first { throw failure }
  }

  /// How a host ended, and why that could not be written down.
  private struct Settled: Sendable {
    var host: String
    var verdict: Verdict
    var failure: (any Error)?
  }

  /// A transaction that has the word is seen to its end and written down, whatever is cancelled.
  private func carryOut(_ transaction: HostTransaction) async -> Settled {
    await heartbeat.end(for: transaction)
    return await Task.detached {
      let step = transaction.step
      let verdict = await self.settled(transaction)
      // What a restored release is, only the host knows: it is asked afterwards.
      guard case .confirmed(let release) = verdict, step.mode != .restore else {
        return Settled(host: step.host, verdict: verdict)
      }
      do {
        let record = release == 0 ? nil : self.record(of: step, transaction.record)
        try await self.store.record(record, of: step.host)
        return Settled(host: step.host, verdict: verdict)
      } catch {
        return Settled(host: step.host, verdict: verdict, failure: error)
      }
    }.value
  }

  private func settled(_ transaction: HostTransaction) async -> Verdict {
    if let verdict = await verdict(of: transaction) { return verdict }
    // The host waited in vain, or the word was lost: it is prepared once more, and refuses if it has
    // changed meanwhile.
    await fleet.forget(transaction.step.host)
    switch await prepare(transaction.step) {
    case .failure(let failure): return failure.verdict
    case .success(let transaction):
      return await verdict(of: transaction)
        ?? .unreachable(why: "it does not get the word to begin")
    }
  }

  /// Nil where the host never began.
  private func verdict(of transaction: HostTransaction) async -> Verdict? {
    switch await transaction.carryOut(report: report) {
    case .verdict(let verdict): verdict
    case .unconfirmed: await confirmation.verdict(of: transaction)
    case .notStarted: nil
    }
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
