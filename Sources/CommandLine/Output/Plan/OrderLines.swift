import Diagnostics
import Fleet
import Planning

/// The certificates that a plan orders, as lines of the plan's text.
struct OrderLines {
  let plan: Plan

  func add(to page: inout Page) {
    guard !plan.orders.isEmpty || !plan.blockedOrders.isEmpty else { return }
    page.add("Certificates", .bold)
    for order in plan.orders {
      page.add(
        "+ certificate of \(order.site) from \(order.server)"
          + (order.proofText.map { ", \($0)" } ?? ""),
        indent: 2, .green)
      page.add("names: \(order.names.joined(separator: ", "))", indent: 6)
      page.add("because \(order.reason.text)", indent: 6)
      page.add(order.sequence, indent: 6)
    }
    for (site, why) in plan.blockedOrders.sorted(by: { $0.key < $1.key }) {
      page.add("! certificate of \(site)", indent: 2, .red)
      page.add("not ordered, because \(why)", indent: 6)
    }
    page.addEmptyLine()
  }
}

extension CertificateOrder {
  /// How the names are proven; nil if that is the matter of a command.
  var proofText: String? {
    switch proof {
    case .none: nil
    case .http(let hosts): "by HTTP-01 through \(hosts.joined(separator: ", "))"
    case .dns: "by DNS-01"
    }
  }

  /// What happens when.
  fileprivate var sequence: String {
    let hosts = frontEnds.joined(separator: ", ")
    return waits.isEmpty
      ? "ordered first; then \(hosts) \(frontEnds.count == 1 ? "gets" : "get") it in one transaction"
      : "ordered when \(waits.joined(separator: ", ")) \(waits.count == 1 ? "answers" : "answer") challenges; then "
        + "\(hosts) \(frontEnds.count == 1 ? "gets" : "get") it"
  }
}
