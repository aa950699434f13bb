import Fleet
import Inventories
import Playbooks
import State

extension Planner {
  /// Makes a plan that renews what is due on the hosts, and changes nothing else of their releases.
  ///
  /// Every host keeps the configuration that it has, also if the inventory describes another one: what `deploy apply`
  /// would change is named in the warnings. Hosts without a release, and hosts that are no longer in the inventory, are
  /// not part of the plan.
  package static func renewal(_ input: PlanningInput) -> Plan {
    let context = PlanContext(input)
    let complete = plan(input)
    let orders = RenewalOrders(context)
    let reviewed = context.map(complete.hosts) { planned in
      RenewalReview(context, planned)
    }
    var plan = complete
    plan.hosts = reviewed.compactMap(\.plan)
    plan.orders = input.request.orders ? orders.orders : []
    plan.blockedOrders = orders.blocked
    let changing = plan.hosts.filter { !$0.steps.isEmpty }.map(\.host)
    plan.stages =
      changing.isEmpty
      ? []
      : [Stage(name: "renewals", batches: input.desired.playbook.rollout.batches(of: changing))]
    plan.revoked = plan.revoked.filter { host in plan.hosts.contains { $0.host == host } }
    plan.warnings =
      Warnings.ofExpiry(input) + remainder(of: reviewed)
      + unplaced(complete.orders, besides: orders) + unread(context)
    return plan
  }

  /// What `deploy apply` would change besides.
  private static func remainder(of reviewed: [RenewalReview]) -> [String] {
    var found = WarningCollector()
    for review in reviewed where !review.remainder.isEmpty {
      found.add(
        "a renewal does not change what else differs on ", review.host.text,
        ": \(review.remainder.joined(separator: "; ")). \"deploy apply\" does")
    }
    return found.warnings
  }

  /// The files and records that could not be read. None of them is needed for what is due.
  private static func unread(_ context: PlanContext) -> [String] {
    context.materials.unread.sorted { $0.key < $1.key }.flatMap(\.value)
      .map { "\($0). The renewal continues without it" }
  }

  /// The certificates that `deploy apply` would order and the renewal does not mention.
  private static func unplaced(
    _ orders: [CertificateOrder], besides renewal: RenewalOrders
  ) -> [String] {
    let mentioned = Set(renewal.orders.map(\.site) + renewal.blocked.keys)
    return orders.filter { !mentioned.contains($0.site) }.map { order in
      "a renewal does not order the certificate of \(order.site) (\(order.reason.text)). \"deploy apply\" does"
    }
  }
}

/// The part of a renewal that concerns one host, and what it leaves to `deploy apply`.
struct RenewalReview: Sendable {
  let host: HostName
  /// Nil if the renewal does not concern the host.
  private(set) var plan: HostPlan?
  /// The reasons for which `deploy apply` would change the host and that the renewal leaves.
  private(set) var remainder: [String]

  /// - Parameter complete: the plan of the host as `deploy apply` makes it.
  init(_ context: PlanContext, _ complete: HostPlan) {
    host = complete.host
    remainder = complete.steps.flatMap(\.reasons)
    if let hold = complete.hold, hold.kind == .blocked { remainder += hold.reasons }
    guard let host = context.inventory.host(named: complete.host),
      let result = context.input.observed.survey[host.name]
    else { return }
    guard case .observed(let observation) = result else {
      // One that was never deployed has nothing to renew.
      if context.input.state.hosts[host.name] != nil { plan = complete }
      return
    }
    guard observation.currentRelease != nil else { return }
    var plan = complete
    // The release stays what it was, for whatever roles the inventory names now.
    plan.roles = context.input.state.hosts[host.name]?.roles ?? complete.roles
    let facts = HostFacts(host, context.input.observed.survey, in: context.inventory)
    let renewal = HostRenewal(
      context, facts, InstalledHost(host, observation, context.input.state))
    plan.outcome = renewal.outcome
    self.plan = plan
    let done = Self.done(plan.steps.first, of: complete.steps.last)
    remainder.removeAll { done.contains($0) }
    // What is due and cannot be renewed is said by the plan itself.
    if plan.hold != nil { remainder = [] }
  }

  /// The reasons that a renewal leaves nothing of: files that it changes otherwise than an apply would are not done.
  private static func done(_ step: HostStep?, of complete: HostStep?) -> Set<String> {
    guard let step, let complete else { return [] }
    let wanted = Dictionary(uniqueKeysWithValues: complete.files.map { ($0.path, $0.source) })
    let other = Set(step.files.filter { wanted[$0.path] != $0.source }.map(\.path))
    return Set(step.reasons).subtracting(
      step.changes.filter { other.contains($0.path) }.map(ReasonText.reason(for:)))
  }
}
