import Diagnostics
import Fleet
import Planning
import Reports
import State

/// The output of `deploy status`: how each host is now, compared with the state, as text or JSON.
/// ``FleetStatus`` decides what is wrong.
struct StatusView {
  private struct Row: Encodable {
    var host: HostName
    var isReachable: Bool
    var problem: String?
    var release: ReleaseNumber?
    var served: [ReleaseNumber]
    var drift: [String]
    var firewall: String
    var note: String?
    var certificateEnds: Timestamp?
    var daysLeft: Int64?
    var drained: HostDrain?

    init(_ host: HostStatus, drained: HostDrain?, _ now: Timestamp) {
      self.host = host.host
      isReachable = host.isReachable
      problem = host.problem
      release = host.release
      served = host.served
      drift = host.drift
      firewall = host.firewall?.rawValue ?? "unknown"
      note = host.note
      certificateEnds = host.certificateEnds
      daysLeft = host.certificateEnds.map { now.days(until: $0) }
      self.drained = drained
    }
  }

  private struct Document: Encodable {
    let version = 2
    var fleet: String
    var isHealthy: Bool
    var caEnds: Timestamp?
    var hosts: [Row]
    var maintenance: [PlanDocument.Maintained]?
  }

  private let status: FleetStatus

  init(_ status: FleetStatus) { self.status = status }

  func print(as format: OutputFormat, _ style: Style) throws {
    switch format {
    case .text: Console.output(text(style, width: Console.outputWidth))
    case .json:
      try JSONText.print(
        Document(
          fleet: status.fleet, isHealthy: status.isHealthy, caEnds: status.caEnds,
          hosts: status.hosts.map {
            Row($0, drained: status.drained[$0.host], status.now)
          },
          maintenance: status.maintenance.isEmpty
            ? nil : status.maintenance.map { PlanDocument.Maintained($0) }))
    }
  }

  /// - Parameter width: columns at which lines are wrapped; nil if they are not.
  func text(_ style: Style, width: Int?) -> StyledText {
    let head = ["HOST", "RELEASE", "SERVED", "FIREWALL", "CERTIFICATE"]
    let cells = status.hosts.map { host in
      [
        host.host.text, host.release?.description ?? "-",
        host.served.isEmpty ? "-" : host.served.map(\.description).joined(separator: ","),
        host.firewall?.rawValue ?? "unknown",
        host.certificateEnds.map { "\(status.now.days(until: $0)) days" } ?? "-",
      ]
    }
    var page = Page(style, width: width)
    page.add(
      table: Table.lines([head] + cells),
      colors: status.hosts.map { problems($0).isEmpty ? nil : .red },
      notes: status.hosts.map { row in
        problems(row).map { ($0, .red) } + (row.note.map { [($0, .yellow)] } ?? [])
          + (status.drained[row.host].map { [(Self.note(on: $0), .yellow)] } ?? [])
      })
    for site in status.maintenance {
      page.add(
        "\(site.site) has been in maintenance since \(site.since), by \(site.by).", .yellow)
    }
    if let caEnds = status.caEnds, caEnds <= status.now {
      page.add(
        "The CA expired on \(caEnds.date). Run \"deploy ca renew\", then \"deploy apply\".", .red)
    }
    return page.text
  }

  private static func note(on drain: HostDrain) -> String {
    "drained on \(drain.since) by \(drain.by): front-ends send it no requests until \"deploy undrain\""
  }

  /// What is wrong with a host, and what to do about it.
  private func problems(_ row: HostStatus) -> [String] {
    var problems: [String] = []
    // The advice has a line of its own, since the problem may end with a command to paste.
    if let problem = row.problem {
      problems.append(problem)
      if let advice = row.advice { problems.append("\(advice).") }
    }
    if !row.drift.isEmpty {
      problems.append(
        "\(row.drift.shortList()) \(row.drift.count == 1 ? "was" : "were") changed on the host."
          + " \"deploy apply\" installs the release again.")
    }
    if let faults = row.health?.faults {
      if faults.contains(.firewallAbsent) {
        problems.append("The firewall is not loaded. \"deploy apply\" loads it again.")
      }
      if faults.contains(.firewallChanged) {
        problems.append(
          "The loaded firewall differs from the installed one. \"deploy apply\" loads it again.")
      }
    }
    return problems
  }
}
