import ACME
import CAStore
import Execution
import Fleet
import Inventories
import Planning
import Processes
import State

/// Carries out a plan that may order certificates: first those whose challenges are answered already, so that a renewal
/// is one change of the hosts; the others when the hosts that have to answer are confirmed, and then the hosts get them.
struct OrderedRollout {
  let flow: ApprovalFlow
  let accounts: ACMEAccounts
  /// Called when the user has approved the plan.
  var whenApproved: @Sendable () throws -> Void = {}

  /// When the saved plan was made that is carried out; nil if there is none.
  var asOf: Timestamp?

  private var run: FleetRun { flow.run }

  /// - Returns: the results, which have been shown to the user.
  func carryOut(_ plan: Plan, _ survey: Survey) async throws -> Summary {
    try await flow.approve(plan)
    try whenApproved()
    let ready = plan.orders.filter(\.waits.isEmpty)
    let before = RunProgress().summarySoFar(of: plan)
    var results = await results(of: ready, after: before)
    guard !results.isStopped else { return try await finish(before, plan, results) }
    let current = try await updated(
      plan, with: survey, for: ready.filter { results.all[$0.site]?.isNew == true })
    var summary = try await flow.execute(current)
    let more = await laterResults(of: plan, after: summary)
    results.all.merge(more.all) { $1 }
    guard !more.isStopped else {
      summary.stopped = summary.stopped ?? Summary.interrupted
      return try await finish(summary, plan, results)
    }
    // What has been done so far is shown, whatever goes wrong now.
    do {
      let ordered = plan.orders.filter { more.all[$0.site]?.isNew == true }
      if let next = try await nextPlan(after: plan, for: ordered) {
        summary = summary.followed(by: try await flow.execute(next))
      }
    } catch {
      summary.stopped = summary.stopped ?? Failure(error).text
    }
    let revocations = SiteRevocations(run: run, accounts: accounts)
    for failure in await revocations.carryOut(await flow.keeper.state) {
      summary.stopped = summary.stopped ?? failure
    }
    return try await finish(summary, plan, results)
  }

  /// Shows the results, also of orders that the run did not reach.
  private func finish(_ summary: Summary, _ plan: Plan, _ results: Results) async throws -> Summary
  {
    var summary = summary
    summary.orders = results.all.merging(plan.blockedOrders.mapValues { .failed(why: $0) }) { $1 }
    for order in plan.orders where summary.orders[order.site] == nil {
      summary.orders[order.site] = .failed(why: CertificateOrder.stoppedBefore)
    }
    return try await flow.finish(summary)
  }

  /// The plan with the certificates that were ordered.
  private func updated(
    _ plan: Plan, with survey: Survey, for ordered: [CertificateOrder]
  ) async throws -> Plan {
    guard !ordered.isEmpty else { return plan }
    return try await run.planner.plan(survey, await flow.keeper.state, asOf: asOf)
      .limited(to: plan, and: Set(ordered.flatMap(\.frontEnds)))
  }

  /// The plan that brings certificates to hosts which answer challenges since the first one; nil if there is none.
  private func nextPlan(
    after plan: Plan, for ordered: [CertificateOrder]
  ) async throws -> Plan? {
    guard !ordered.isEmpty else { return nil }
    var state = await flow.keeper.state
    let next = try await run.surveyAndPlan(flow.hosts, &state, asOf: asOf).plan
      .limited(to: plan, and: Set(ordered.flatMap(\.frontEnds)))
    await flow.keeper.hold(state)
    return next
  }

  /// The results of the orders that had to wait for hosts.
  private func laterResults(
    of plan: Plan, after summary: Summary
  ) async -> Results {
    let later = plan.orders.filter { !$0.waits.isEmpty }
    let able = later.filter { order in
      summary.stopped == nil
        && order.waits.allSatisfy { summary.results[$0]?.isSuccess == true }
    }
    var results = await results(of: able, after: summary)
    guard !results.isStopped else { return results }
    for order in later where results.all[order.site] == nil {
      results.all[order.site] = .failed(why: order.notAnswered(summary))
    }
    return results
  }

  /// The results of orders, by site.
  private struct Results: Sendable {
    var all: [DomainName: OrderResult] = [:]
    /// Whether the user stopped the run.
    var isStopped = false
  }

  /// Orders certificates until the user stops the run.
  ///
  /// - Parameter summary: what has been done before, which is shown if the user does not wait for the end.
  private func results(
    of orders: [CertificateOrder], after summary: Summary
  ) async -> Results {
    guard !orders.isEmpty else { return Results() }
    return await run.interaction.untilStopped("stopping the orders") {
      await place(orders)
    } abandon: { [run] in
      RunningCommands.ofProgram.killAll()
      do {
        var summary = summary
        summary.stopped = Summary.interrupted
        try run.interaction.show(summary, run.access.traffic)
      } catch {
        run.interaction.warn("could not show the summary: \(error)")
      }
    }
  }

  /// Orders certificates, one after the other: servers limit how many are ordered at once.
  private func place(_ orders: [CertificateOrder]) async -> Results {
    var results = Results()
    for order in orders {
      run.interaction.inform(
        "ordering the certificate of \(order.site) from \(order.server)")
      do {
        results.all[order.site] = try await place(order)
      } catch {
        let failure = Failure(error)
        results.isStopped = Task.isCancelled || failure.kind == .interrupted
        results.all[order.site] = .failed(
          why: results.isStopped ? CertificateOrder.interrupted : failure.text)
      }
      results.isStopped = results.isStopped || Task.isCancelled
      if results.isStopped { return results }
    }
    return results
  }

  private func place(_ order: CertificateOrder) async throws -> OrderResult {
    let inventory = run.workspace.inventory
    let site = inventory.sites.first { $0.domain == order.site }
    if let site, case .command(let program) = site.certificate {
      return try await CertificateCommand(
        order: order, site: site, program: program, accounts: accounts, workspace: run.workspace
      ).run()
    }
    guard let site, let account = order.account.flatMap({ inventory.acme[$0] })
    else {
      preconditionFailure("\(order.site) orders no certificate. This is a bug in deploy.")
    }
    let ordering = CertificateOrdering(
      order: order, site: site, account: account, accounts: accounts, keyring: run.ca.keyring,
      folder: run.workspace.ca.acme, solver: Solvers.solver(for: account, run.interaction),
      interaction: run.interaction)
    return .issued(until: try await ordering.place())
  }
}

extension CertificateOrder {
  /// Why there is no certificate if the user stopped the run meanwhile; the next run continues.
  fileprivate static let interrupted = "the run was interrupted"
  /// Why the order was not placed if the run stopped before.
  fileprivate static let stoppedBefore = "it was not ordered, because the run stopped before"

  /// Why the order was not placed.
  fileprivate func notAnswered(_ summary: Summary) -> String {
    let silent = waits.filter { summary.results[$0]?.isSuccess != true }
    guard !silent.isEmpty else { return Self.stoppedBefore }
    return
      "it was not ordered, because \(silent.joined(separator: ", ")) could not be made to answer challenges"
  }
}
