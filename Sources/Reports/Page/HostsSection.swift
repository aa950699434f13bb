import Fleet
import Inventories
import State

/// The part of a report about hosts: those with trouble, and all of them in a table that opens.
struct HostsSection {
  /// More hosts than this are in a closed part.
  private static let mostOpen = 12

  private let report: FleetReport

  init(_ report: FleetReport) { self.report = report }

  var content: [Markup] {
    let trouble = report.trouble
    let all = table(report.status.hosts, "All hosts")
    let isLarge = report.status.hosts.count > Self.mostOpen
    return
      (trouble.isEmpty
      ? [
        PageParts.paragraph(
          report.status.isOffline
            ? "No host was contacted: drift and reachability are not known."
            : "No host has drifted, and all could be reached.")
      ] : [table(of: trouble)])
      + [
        isLarge
          ? PageParts.details("All \(report.status.hosts.count.grouped) hosts", [all.markup])
          : all.markup
      ]
  }

  private func table(of trouble: [HostStatus]) -> Markup {
    let table = PageTable(
      caption: "Drift and problems",
      columns: [.init("Host"), .init("State"), .init("What is wrong"), .init("What to do")],
      rows: trouble.map { host in
        [
          .text(host.host.text), PageParts.state(host.standing, host.standing.text),
          .element("span", [:], wrong(with: host).map { .element("div", [:], $0) }),
          .element(
            "span", [:],
            PageParts.words(host.remedy ?? "–")),
        ]
      })
    return trouble.count > 20
      ? PageParts.details("Drift and problems of \(trouble.count.grouped) hosts", [table.markup])
      : table.markup
  }

  private func wrong(with host: HostStatus) -> [String] {
    let firewall: [String] =
      switch host.firewall {
      case .absent where host.release != nil: ["The firewall is not loaded."]
      case .changed: ["The loaded firewall differs from the installed one."]
      default: []
      }
    let drift =
      host.drift.isEmpty
      ? []
      : [
        "Changed on the host: \(host.drift.prefix(5).joined(separator: ", "))"
          + (host.drift.count > 5 ? " and \(host.drift.count - 5) more" : "")
      ]
    return [host.problem].compactMap(\.self) + drift + firewall + [host.note].compactMap(\.self)
  }

  private func table(_ hosts: [HostStatus], _ caption: String) -> PageTable {
    PageTable(
      caption: caption,
      columns: [
        .init("Host"), .init("State"), .init("Role"), .init("Address"),
        .init("Release", isNumber: true), .init("First certificate to expire"), .init("Changed"),
      ],
      rows: hosts.map { host in
        let record = report.state.hosts[host.host]
        let declared = report.inventory.host(named: host.host)
        return [
          .text(host.host.text), PageParts.state(host.standing, host.standing.text),
          .text(
            declared.map { $0.roles.sorted().map(\.rawValue).joined(separator: ", ") } ?? "has left"
          ),
          .text((declared?.address ?? record?.address).map { "\($0)" } ?? "–"),
          .text(host.release.map { "\($0)" } ?? "–"),
          host.certificateEnds.map { PageParts.date($0) } ?? .text("–"),
          record.map { record in
            .element(
              "span", [:], [PageParts.time(record.appliedAt), .text(" by \(record.appliedBy)")])
          } ?? .text("–"),
        ]
      })
  }
}
