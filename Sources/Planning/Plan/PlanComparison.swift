package import Fleet
import State

extension ApprovedPlan {
  /// Why the saved plan as a whole can no longer be carried out; nil if its hosts can be compared.
  ///
  /// - Parameter now: the plan made now, as of the same time.
  package func difference(of now: ApprovedPlan) -> String? {
    if playbook != now.playbook {
      return
        "the plan was saved with the playbook \"\(playbook)\", not \"\(now.playbook)\". Nothing"
        + " was changed: give the same one with --playbook"
    }
    let settings = Self.differing(rollout, now.rollout)
    if !settings.isEmpty {
      return "the playbook or the inventory has changed since the plan was saved"
        + " (\(settings.joined(separator: ", "))). Nothing was changed: plan again"
    }
    let gone = hosts.filter { !$0.value.steps.isEmpty && now.hosts[$0.key] == nil }.keys.sorted()
    guard gone.isEmpty else {
      return
        "the plan changes \(gone.joined(separator: ", ")), which neither the inventory nor the state"
        + " has. Nothing was changed: plan again"
    }
    return nil
  }

  /// Why a host's steps are refused; nil if they are the approved ones, or if there are none.
  package func difference(of now: ApprovedPlan, on host: HostName) -> String? {
    guard let new = now.hosts[host] else { return nil }
    let old = hosts[host]
    guard !new.steps.isEmpty || old?.steps.isEmpty == false else { return nil }
    guard let old else { return "it is not in the saved plan: plan again" }
    if let condition = new.condition {
      guard let before = old.condition else {
        return "it could not be reached when the plan was saved: plan again"
      }
      if let change = before.change(to: condition) {
        return "it has changed since the plan was made (\(change)): plan again"
      }
    }
    guard old.steps.count == new.steps.count else {
      if old.steps.isEmpty {
        return "the saved plan does not change this host, but a new plan does: plan again"
      }
      if new.steps.isEmpty {
        return "the saved plan changes this host, but a new plan does not: plan again"
      }
      return "the saved plan changes this host in \(old.steps.count)"
        + " \(old.steps.count == 1 ? "step" : "steps"), but a new plan in \(new.steps.count): plan again"
    }
    let parts = zip(old.steps, new.steps).flatMap { Self.differing($0, $1) }
    guard !parts.isEmpty else { return nil }
    return
      "a plan made now differs from the saved one (\(Set(parts).sorted().joined(separator: ", "))):"
      + " plan again"
  }

  private static func differing(_ old: [String: String], _ new: [String: String]) -> [String] {
    Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted()
  }
}

extension Plan {
  /// The plan within what was approved: hosts that the approved plan holds or leaves as they are stay so, but for those
  /// that get a certificate which was ordered since.
  package func limited(to approved: Plan, and receivers: Set<HostName>) -> Plan {
    keeping(
      Dictionary(
        uniqueKeysWithValues: approved.hosts.compactMap { host in
          switch host.outcome {
          case .held: (host.host, host.outcome)
          case .unchanged: receivers.contains(host.host) ? nil : (host.host, host.outcome)
          case .steps: nil
          }
        }))
  }

  /// The plan restricted to the hosts whose steps are the approved ones. Each other host is held with the
  /// difference as the reason.
  ///
  /// Hosts that are already held stay so.
  ///
  /// - Parameter now: this plan in the form in which it would be saved.
  package func restricted(to approved: ApprovedPlan, as now: ApprovedPlan) -> Plan {
    var refused: [HostName: String] = [:]
    for host in hosts where host.hold == nil {
      refused[host.host] = approved.difference(of: now, on: host.host)
    }
    var plan = keeping(refused.mapValues { .held(HostPlan.Hold(.blocked, [$0])) })
    plan.orders = orders.filter { approved.orders?[$0.site.text] == $0.content }
    plan.warnings += orders.filter { !plan.orders.contains($0) }.map {
      "the certificate of \($0.site) is due, but ordering it is not in the saved plan: plan again"
    }
    return plan
  }

  /// The plan with other outcomes of some hosts, which do not change.
  private func keeping(_ outcomes: [HostName: HostPlan.Outcome]) -> Plan {
    guard !outcomes.isEmpty else { return self }
    var plan = self
    for index in hosts.indices {
      if let outcome = outcomes[hosts[index].host] { plan.hosts[index].outcome = outcome }
    }
    for index in stages.indices {
      plan.stages[index].batches = stages[index].batches
        .map { $0.filter { outcomes[$0] == nil } }.filter { !$0.isEmpty }
    }
    return plan
  }
}
