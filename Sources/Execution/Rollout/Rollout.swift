import Fleet
package import Planning
package import State

/// Carries out a plan: first every host stages and validates its release, then the batches switch one after
/// the other.
package struct Rollout: Sendable {
  let pool: HostPool
  let builder: ReleaseBuilder
  /// The serial of the state that the run began with.
  let serial: Int
  let store: any StateStore
  let surroundings: Surroundings
  private let confirmation: Confirmation
  let pace: Pace
  let heartbeat: Heartbeat
  private let hooks: HostHooks
  let verifier: any EdgeVerifier
  let parallel: Int
  let report: @Sendable (ProgressEvent) -> Void

  package init(
    of plan: Plan, fromSerial serial: Int, pool: HostPool, issuer: any CertificateIssuer,
    signer: any ManifestSigner, store: any StateStore,
    hooks: any HookRunner, verifier: any EdgeVerifier, surroundings: Surroundings, parallel: Int,
    report: @escaping @Sendable (ProgressEvent) -> Void
  ) {
    self.pool = pool
    self.builder = ReleaseBuilder(
      issuer: issuer, store: store, signer: signer, surroundings: surroundings,
      fleet: plan.fleet, lineage: plan.lineage, serial: serial)
    self.serial = serial
    self.store = store
    self.surroundings = surroundings
    self.confirmation = Confirmation(
      pool: pool, surroundings: surroundings,
      // Transition releases of the run are kept on the host, so that all of it can be rolled back.
      keepReleases: max(
        plan.keepReleases,
        (plan.hosts.map(\.steps.count).max() ?? 0) + 1))
    self.pace = Pace(
      window: plan.confirmWithin, budgets: pool.budgets, revoked: Set(plan.revoked))
    self.heartbeat = Heartbeat(surroundings)
    self.hooks = HostHooks(plan.hooks, fleet: plan.fleet, runner: hooks, report: report)
    self.verifier = verifier
    self.parallel = parallel
    self.report = report
  }

  package func run(_ plan: Plan, state: FleetState) async -> Summary {
    await heartbeat.start()
    report(
      .rollingOut(
        steps: Dictionary(
          plan.hosts.filter { !$0.steps.isEmpty }.map { ($0.host, $0.steps.count) },
          uniquingKeysWith: { $1 })))
    let summary = await summary(of: plan, state)
    report(.rolledOut)
    await heartbeat.stop()
    return summary
  }

  private func summary(of plan: Plan, _ state: FleetState) async -> Summary {
    var run = Run(plan)
    do {
      try await settleIdle(plan, state, &run)
      // Every host validates its release before any host changes. No host waits for one with a revoked
      // certificate.
      await prepare(run.steps.keys.filter { !plan.revoked.contains($0) }, &run)
      try run.stopIfFailed()
      var isFirst = true
      for (stage, batches) in plan.stages.map(\.batches).enumerated() {
        await prepare(batches.flatMap(\.self).filter { run.waiting[$0] == nil }, &run)
        try run.stopIfFailed()
        for (index, batch) in batches.enumerated() {
          await holdBack(batch, &run)
          let transactions = batch.compactMap { run.ready($0) }
          if !isFirst, !transactions.isEmpty, plan.pause > 0 {
            report(.pausing(seconds: plan.pause))
            try await surroundings.sleep(plan.pause)
          }
          report(
            .entered(
              RolloutPosition(
                stage: stage + 1, of: plan.stages.count, named: plan.stages[stage].name,
                batch: index + 1, of: batches.count)))
          try await carryOut(transactions, &run)
          try run.stopIfFailed()
          try await verify(plan, transactions.map(\.step.host), &run)
          isFirst = false
        }
      }
    } catch let stop as Run.Stop {
      run.summary.stopped = stop.why
    } catch is CancellationError {
      run.summary.stopped = Summary.interrupted
    } catch {
      run.summary.stopped = "\(error)"
    }
    await abandonRest(plan, &run)
    if run.summary.stopped != nil { await takeBack(plan, &run) }
    return run.summary
  }

  /// Reports that the user waits for hosts; nothing if there are none.
  func begin(_ verb: String, past: String, _ hosts: [HostName]) {
    guard !hosts.isEmpty else { return }
    report(.began(Activity(verb, past: past, hosts: hosts)))
  }

  /// Records the final result of a host.
  func conclude(_ host: HostName, _ result: HostResult, _ run: inout Run) {
    run.summary.results[host] = result
    report(.settled(host: host, result))
  }

  /// Records hosts that do not change, and what an earlier run did there but could not record.
  private func settleIdle(_ plan: Plan, _ state: FleetState, _ run: inout Run) async throws {
    var records: [HostName: HostRecord?] = [:]
    for host in plan.hosts {
      switch host.outcome {
      case .steps: continue
      case .held(let hold): conclude(host.host, HostResult(of: hold), &run)
      case .unchanged(let present):
        let known = state.hosts[host.host]
        // Without a release, the machine now has another name, under which it is recorded.
        guard let present else {
          if known != nil { records[host.host] = .some(nil) }
          continue
        }
        // Certificates that the CA did not sign for the host are not recorded because it reports them.
        guard state.hasIssued(present, to: host.host) || plan.renames(present, state) else {
          continue
        }
        let record = unchangedRecord(of: host, present, known)
        if record != known { records[host.host] = record }
      }
    }
    if !records.isEmpty { try await store.record(records) }
    for host in plan.hosts where host.isUnchanged { conclude(host.host, .unchanged, &run) }
  }

  private func unchangedRecord(
    of host: HostPlan, _ present: ReleaseRecord, _ known: HostRecord?
  ) -> HostRecord {
    var record = record(of: present, at: host.connection, as: host.roles)
    if let known, known.release == present {
      (record.appliedAt, record.appliedBy) = (known.appliedAt, known.appliedBy)
    }
    return record
  }

  /// The record of a host with that release.
  func record(
    of release: ReleaseRecord, at connection: HostAccess, as roles: HostRoles
  ) -> HostRecord {
    HostRecord(
      address: connection.address, roles: roles, release: release,
      appliedAt: surroundings.now(), appliedBy: surroundings.user)
  }

  private func carryOut(_ batch: [HostTransaction], _ run: inout Run) async throws {
    var settled: [Settled] = []
    begin("changing", past: "done", batch.map(\.step.host))
    await forEach(
      batch, limit: parallel,
      while: { !Task.isCancelled && settled.allSatisfy { $0.failure == nil } }
    ) { transaction in
      await self.carryOut(transaction)
    } whenDone: { result in
      report(.settled(host: result.transaction.step.host, result.result))
      settled.append(result)
    }
    report(.ended)
    for result in settled {
      run.advance(result.transaction.step.host, result.result, result.transaction)
    }
    if let failure = settled.compactMap(\.failure).first { throw failure }
  }

  /// The result of a host, with the reason why it could not be recorded.
  private struct Settled: Sendable {
    var transaction: HostTransaction
    var result: HostResult
    var failure: (any Error)?
  }

  /// A transaction that got the go signal is completed and recorded even if the run is cancelled.
  private func carryOut(_ transaction: HostTransaction) async -> Settled {
    let step = transaction.step
    var loss = await reservationLoss()
    var result = loss == nil ? await hooks.before(step) : nil
    // Hooks may take minutes.
    if loss == nil, result == nil { loss = await reservationLoss() }
    if loss != nil { result = .notAttempted(why: HostResult.stoppedBefore) }
    if let result {
      await heartbeat.end(for: transaction)
      return await Task.detached { [loss] in
        await transaction.abandon()
        await self.hooks.after(step, result)
        return Settled(transaction: transaction, result: result, failure: loss)
      }.value
    }
    await heartbeat.end(for: transaction)
    return await Task.detached {
      let (transaction, result) = await self.settled(transaction)
      await self.hooks.after(step, result)
      guard case .confirmed = result else {
        return Settled(transaction: transaction, result: result)
      }
      do {
        let record = try self.confirmedRecord(of: transaction)
        await self.store.settle(transaction.confirmedDigest, on: step.host)
        try await self.store.record(record, of: step.host)
        return Settled(transaction: transaction, result: result)
      } catch {
        return Settled(transaction: transaction, result: result, failure: error)
      }
    }.value
  }

  /// Why this run may not begin with a host; nil if it may.
  func reservationLoss() async -> (any Error)? {
    do {
      try await store.checkReservation()
      return nil
    } catch {
      return error
    }
  }

  private struct Unread: Error, CustomStringConvertible { var description: String }

  /// The release that a host has now.
  private func confirmedRecord(of transaction: HostTransaction) throws -> HostRecord? {
    let step = transaction.step
    guard case .release(let number) = step.goal else { return nil }
    guard let release = transaction.record else {
      throw Unread(
        description:
          "release \(number) is active on \(step.host), but its content is not known: the next"
          + " plan reads it from the host")
    }
    return record(of: release, at: step.connection, as: step.roles)
  }

  func settled(
    _ transaction: HostTransaction
  ) async -> (transaction: HostTransaction, result: HostResult) {
    if let result = await result(of: transaction) { return (transaction, result) }
    // The host timed out or the go signal was lost: it is prepared again, and refuses if it has changed
    // in the meantime.
    await pool.forget(transaction.step.host)
    switch await prepare(transaction.step, after: transaction.previous) {
    case .failure(let failure): return (transaction, failure.result)
    case .success(let again):
      if let loss = await reservationLoss() {
        await again.abandon()
        return (again, .notAttempted(why: "\(loss)"))
      }
      let result = await result(of: again)
      return (again, result ?? .unreachable(why: "the go signal does not reach it"))
    }
  }

  /// Nil if the host never began.
  private func result(of transaction: HostTransaction) async -> HostResult? {
    switch await transaction.carryOut(report: report) {
    case .result(let result): result
    case .unconfirmed: await confirmation.result(of: transaction)
    case .notStarted: nil
    }
  }

  private func abandonRest(_ plan: Plan, _ run: inout Run) async {
    await forEach(Array(run.waiting.values), limit: parallel) { transaction in
      await Task.detached { await transaction.abandon() }.value
    } whenDone: { _ in
    }
    for host in plan.hosts.map(\.host) where run.summary.results[host] == nil {
      conclude(host, run.notAttempted(host, why: HostResult.stoppedBefore), &run)
    }
  }
}
