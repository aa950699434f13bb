import Fleet

/// The part of a report about the edges that were tried.
struct EdgesSection {
  private static let mostOpen = 12
  /// Failures that have a line each.
  private static let mostFailures = 200

  private let report: FleetReport

  init(_ report: FleetReport) { self.report = report }

  var content: [Markup] {
    guard let edges = report.edges else {
      return [
        PageParts.paragraph(
          "No edge was tried for this report. \"deploy report --verify\" tries them, and \"deploy verify\" does without a report."
        )
      ]
    }
    let sites = sites(edges)
    let table = sites.markup
    return failures(edges) + openings(edges)
      + [
        sites.rows.count > Self.mostOpen
          ? PageParts.details("All \(sites.rows.count.grouped) sites", [table]) : table
      ]
  }

  private func failures(_ edges: EdgeSurvey) -> [Markup] {
    let failed = edges.failures
    let untried = edges.trials.count { $0.standing == .notTried }
    let missing =
      untried == 0
      ? []
      : [
        PageParts.paragraph(
          "\(untried.of("connection")) could not be tried, because the host that it starts from could not be reached."
        )
      ]
    guard !failed.isEmpty else {
      return missing
        + (untried == edges.trials.count
          ? [] : [PageParts.paragraph("Every connection that was tried works.")])
    }
    return missing + [
      PageTable(
        caption: failed.count > Self.mostFailures
          ? "The first \(Self.mostFailures) of \(failed.count.grouped) connections that failed"
          : "Connections that failed",
        columns: [.init("Site"), .init("From"), .init("To"), .init("What is wrong")],
        rows: failed.prefix(Self.mostFailures).map { trial in
          [
            .text(trial.site.text), .text(trial.from?.text ?? "a visitor"), .text(trial.to.text),
            .element("span", [:], trial.problems.map { .element("div", [:], $0) }),
          ]
        }
      ).markup
    ]
  }

  private func openings(_ edges: EdgeSurvey) -> [Markup] {
    guard !edges.openings.isEmpty else { return [] }
    return [
      .element("h3", [:], "Ports that a firewall must refuse, and does not"),
      .element("ul", [:], edges.openings.prefix(50).map { .element("li", [:], $0) }),
    ]
  }

  private func sites(_ edges: EdgeSurvey) -> PageTable {
    var counts: [DomainName: (edges: FleetPicture.EdgeCounts, visits: FleetPicture.EdgeCounts)] =
      [:]
    var order: [DomainName] = []
    for trial in edges.trials {
      if counts[trial.site] == nil {
        order.append(trial.site)
        counts[trial.site] = (.init(), .init())
      }
      if trial.from == nil {
        counts[trial.site]?.visits.add(trial.standing)
      } else {
        counts[trial.site]?.edges.add(trial.standing)
      }
    }
    return PageTable(
      caption: "Edges tried, by site",
      columns: [.init("Site"), .init("Edges to back-ends"), .init("As a visitor")],
      rows: order.map { site in
        [.text(site.text), cell(counts[site]?.edges), cell(counts[site]?.visits)]
      })
  }

  private func cell(_ counts: FleetPicture.EdgeCounts?) -> Markup {
    guard let counts, counts.total > 0 else { return .text("–") }
    let parts = [
      (counts.works, counts.works == 1 ? "works" : "work"), (counts.failed, "failed"),
      (counts.notTried, "not tried"),
    ].filter { $0.0 > 0 }.map { "\($0.0.grouped) \($0.1)" }
    let sign: HostStanding =
      switch counts.standing {
      case .failed: .unreachable
      case .notTried: .unknown
      case .works: .asInstalled
      }
    return PageParts.state(sign, parts.joined(separator: ", "))
  }
}
