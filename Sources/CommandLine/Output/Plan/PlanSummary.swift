import Fleet
import Planning

/// The last line of a plan: how many hosts are installed, changed, removed and left alone.
struct PlanSummary {
  private let plan: Plan

  init(_ plan: Plan) { self.plan = plan }

  var text: String {
    let count = plan.hosts.count
    let orders = [(plan.orders.count, "to order"), (plan.blockedOrders.count, "blocked")]
      .filter { $0.0 > 0 }.map { "\($0.0.counting("certificate")) \($0.1)" }
    guard !orders.isEmpty || !plan.hosts.allSatisfy(\.isUnchanged) else {
      return "No changes. The fleet \(plan.fleet) is as declared (\(count.counting("host")))."
    }
    let parts =
      orders
      + Self.words.compactMap { action, word in
        hosts[action].flatMap { $0.isEmpty ? nil : "\($0.count) \(word)" }
      }
    return "Plan: \(parts.joined(separator: ", "))."
  }

  private static let words: [(Action, String)] = [
    (.create, "to install"), (.change, "to change"), (.remove, "to remove"),
    (.restore, "to restore"), (.unchanged, "unchanged"), (.blocked, "blocked"),
    (.unreachable, "unreachable"),
  ]

  private var hosts: [Action: Set<HostName>] {
    var hosts: [Action: Set<HostName>] = [:]
    for host in plan.hosts {
      for action in host.actions { hosts[action, default: []].insert(host.host) }
    }
    // A new host counts only as that, even if its second step changes the result of the first one.
    if let created = hosts[.create] { hosts[.change]?.subtract(created) }
    if let removed = hosts[.remove] { hosts[.change]?.subtract(removed) }
    return hosts
  }
}
