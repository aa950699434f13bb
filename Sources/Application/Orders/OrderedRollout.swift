import ACME
import CAStore
import Execution
import Fleet
import Inventories
import Planning
import State

/// Carries out a plan that may order certificates: first those whose challenges are answered already, so that a renewal
/// is one change of the hosts; the others when the hosts that have to answer are confirmed, and then the hosts get them.
struct OrderedRollout {
  let flow: ApprovalFlow
  let accounts: ACMEAccounts
  /// Called when the user has approved the plan.
  var whenApproved: @Sendable () throws -> Void = {}

  private var run: FleetRun { flow.run }

  /// - Returns: the results, which have been shown to the user.
  func carryOut(_ plan: Plan, _ survey: Survey) async throws -> Summary {
    try await flow.approve(plan)
    try whenApproved()
    var orders = await results(of: plan.orders.filter(\.waits.isEmpty))
    var current = plan
    if orders.values.contains(where: \.isSuccess) {
      current = try await run.planner.plan(survey, await flow.keeper.state)
        .keepingHolds(of: plan)
    }
    let first = try await flow.execute(current)
    var summary = first
    let later = plan.orders.filter { !$0.waits.isEmpty }
    let able = later.filter { order in
      first.stopped == nil && order.waits.allSatisfy { first.results[$0]?.isSuccess == true }
    }
    for order in later where !able.contains(order) {
      orders[order.site] = .failed(why: order.notAnswered(first))
    }
    let more = await results(of: able)
    orders.merge(more) { $1 }
    if more.values.contains(where: \.isSuccess) {
      var state = await flow.keeper.state
      let next = try await run.surveyAndPlan(flow.hosts, &state).plan.keepingHolds(of: plan)
      await flow.keeper.hold(state)
      summary = first.followed(by: try await flow.execute(next))
    }
    summary.orders = orders
    for failure in try await SiteRevocations(run: run, accounts: accounts).carryOut() {
      summary.stopped = summary.stopped ?? failure
    }
    return try flow.finish(summary)
  }

  /// Orders certificates, one after the other: servers limit how many are ordered at once.
  private func results(of orders: [CertificateOrder]) async -> [DomainName: OrderResult] {
    var results: [DomainName: OrderResult] = [:]
    for order in orders {
      run.interaction.inform(
        "ordering the certificate of \(order.site) from \(order.server)")
      do {
        results[order.site] = .issued(until: try await place(order))
      } catch {
        results[order.site] = .failed(why: "\(error)")
      }
    }
    return results
  }

  private func place(_ order: CertificateOrder) async throws -> Timestamp {
    let inventory = run.workspace.inventory
    if case .command(let words) = order.source {
      return try await CertificateCommand(
        order: order, words: words, accounts: accounts, folder: run.workspace.ca.acme
      ).run()
    }
    guard let site = inventory.sites.first(where: { $0.domain == order.site }),
      let account = order.account.flatMap({ inventory.acme[$0] })
    else {
      preconditionFailure("\(order.site) orders no certificate. This is a bug in deploy.")
    }
    return try await CertificateOrdering(
      order: order, site: site, account: account, accounts: accounts, keyring: run.ca.keyring,
      folder: run.workspace.ca.acme, solver: Solvers.solver(for: account, run.interaction),
      interaction: run.interaction
    ).place()
  }
}

extension CertificateOrder {
  /// Why the order was not placed.
  fileprivate func notAnswered(_ summary: Summary) -> String {
    let silent = waits.filter { summary.results[$0]?.isSuccess != true }
    guard !silent.isEmpty else { return "it was not ordered, because the run stopped before" }
    return
      "it was not ordered, because \(silent.joined(separator: ", ")) could not be made to answer challenges"
  }
}
