import Fleet
import Planning
import State

/// What an operator should do for a fleet, the most urgent first.
struct DueWork {
  struct Item: Hashable {
    var isUrgent: Bool
    var text: String
    var advice: String?
  }

  /// More hosts with trouble than this are counted.
  private static let mostHosts = 6

  let items: [Item]

  init(_ report: FleetReport) {
    let all =
      Self.hosts(report) + Self.edges(report) + Self.expiries(report) + Self.ca(report)
      + Self.runs(report)
    items = all.filter(\.isUrgent) + all.filter { !$0.isUrgent }
  }

  private static func hosts(_ report: FleetReport) -> [Item] {
    let trouble = report.trouble
    let named = trouble.count > mostHosts + 1 ? mostHosts : trouble.count
    let items = trouble.prefix(named).map { host in
      Item(
        isUrgent: isUrgent(host),
        text: host.standing == .unreachable
          ? "\(host.host) is unreachable: \(host.problem ?? "")" : "\(host.host): \(host.summary)",
        advice: host.remedy)
    }
    guard named < trouble.count else { return items + empty(report) }
    return items + [
      Item(
        isUrgent: trouble.dropFirst(named).contains(where: isUrgent),
        text: "\((trouble.count - named).grouped) more hosts need attention.",
        advice: "The table of hosts with trouble has all of them.")
    ] + empty(report)
  }

  private static func isUrgent(_ host: HostStatus) -> Bool {
    host.standing != .drifted || host.firewall != .asInstalled
  }

  /// Hosts of the inventory that were never applied, or were removed.
  private static func empty(_ report: FleetReport) -> [Item] {
    let count = report.status.hosts.count { $0.standing == .empty }
    return count == 0
      ? []
      : [
        Item(
          isUrgent: false,
          text: "\(count.of("host")) \(count == 1 ? "has" : "have") no release.",
          advice: "Run \"deploy apply\" to install one.")
      ]
  }

  private static func edges(_ report: FleetReport) -> [Item] {
    guard let edges = report.edges else { return [] }
    let failed = edges.failures
    let sites = Set(failed.map(\.site)).sorted()
    let untried = edges.trials.count { $0.standing == .notTried }
    return
      (failed.isEmpty
      ? []
      : [
        Item(
          isUrgent: true,
          text: "\(failed.count.of("connection")) of \(sites.text(atMost: 3)) failed.",
          advice: "The table of edges has the reasons.")
      ])
      + (edges.openings.isEmpty
        ? []
        : [
          Item(
            isUrgent: true,
            text:
              "\(edges.openings.count.of("port is", plural: "ports are")) open to hosts that a firewall must refuse.",
            advice: "The table of edges has them.")
        ])
      + (untried == 0
        ? []
        : [
          Item(
            isUrgent: false, text: "\(untried.of("connection")) could not be tried.",
            advice: "The table of edges has the sites.")
        ])
  }

  private static func expiries(_ report: FleetReport) -> [Item] {
    [Expiry.Urgency.ended, .due].flatMap { urgency in
      Expiry.Kind.allCases.compactMap { kind -> Item? in
        let found = report.expiries.filter { $0.kind == kind && $0.urgency == urgency }
        guard let first = found.first else { return nil }
        let count = found.count.of(kind.singular, plural: kind.plural)
        let which = first.host.map { "\(first.name) on \($0)" } ?? first.name
        let text =
          urgency == .ended
          ? "\(count) \(found.count == 1 ? "has" : "have") expired, the first on \(first.date): \(which)."
          : "\(count) \(found.count == 1 ? "is" : "are") due for renewal; the first expires on \(first.date): \(which)."
        return Item(isUrgent: urgency == .ended, text: text, advice: kind.renewal)
      }
    }
  }

  private static func ca(_ report: FleetReport) -> [Item] {
    let retiring = report.state.caGenerations.filter { $0.status == .retiring }
    return
      (retiring.isEmpty
      ? []
      : [
        Item(
          isUrgent: false, text: "A rotation of the CA is not complete.",
          advice: "Run \"deploy rotate ca\" to continue it.")
      ])
      + (report.state.rotation == nil
        ? []
        : [
          Item(
            isUrgent: false, text: "A rotation of certificates is not complete.",
            advice: "Run \"deploy rotate certificates\" to continue it.")
        ])
  }

  private static func runs(_ report: FleetReport) -> [Item] {
    guard let run = report.runs.first else { return [] }
    let id = run.record.id
    return switch run.outcome {
    case .succeeded, .running: []
    case .failed:
      [
        Item(
          isUrgent: false, text: "The last run failed.",
          advice: "\"deploy history \(id)\" shows why.")
      ]
    case .unfinished:
      [
        Item(
          isUrgent: false, text: "The last run has no end: it was killed, or runs elsewhere.",
          advice:
            "\"deploy history \(id)\" shows what is known; the next \"deploy apply\" completes it.")
      ]
    }
  }
}

extension Expiry.Kind {
  /// What to do if it is due.
  var renewal: String {
    switch self {
    case .ca, .revocationList: "Run \"deploy ca renew\" or \"deploy rotate ca\"."
    case .certificate: "Run \"deploy apply\" to renew them."
    case .siteCertificate: "Renew it where it comes from, then run \"deploy apply\"."
    }
  }
}
