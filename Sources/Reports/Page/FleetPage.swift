import Fleet
import Inventories
import Planning

/// The report of a fleet as one HTML page, which needs no network and no script.
package struct FleetPage {
  private let report: FleetReport
  private let due: DueWork

  package init(_ report: FleetReport) {
    self.report = report
    due = DueWork(report)
  }

  /// - Parameter digest: the base64 form of the SHA-256 digest of a text, by which the page allows its style sheet and
  ///   nothing else.
  package func html(digest: (String) -> String) -> String {
    "<!DOCTYPE html>\n"
      + Markup.element("html", ["lang": "en"], [head(digest), body]).rendered + "\n"
  }

  private static let styles: [StaticString] = [
    PageStyle.colors, PageStyle.page, PageStyle.picture,
  ]

  private func head(_ digest: (String) -> String) -> Markup {
    let allowed = Self.styles.map { "'sha256-\(digest("\($0)"))'" }.joined(separator: " ")
    return .element(
      "head", [:],
      [
        .element("meta", ["charset": "utf-8"]),
        .element(
          "meta",
          [
            "http-equiv": "Content-Security-Policy",
            "content":
              "default-src 'none'; style-src \(allowed); base-uri 'none'; form-action 'none'",
          ]),
        .element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
        .element("meta", ["name": "referrer", "content": "no-referrer"]),
        .element("title", [:], "Fleet \(report.status.fleet): \(overall.text)"),
      ] + Self.styles.map { .style($0) })
  }

  private var body: Markup {
    .element(
      "body", [:],
      [
        .element("a", ["class": "skip", "href": "#main"], "Skip to the report"),
        .element("header", ["class": "wrap"], [heading, summary, overallMark, navigation]),
        .element(
          "main", ["class": "wrap", "id": "main", "tabindex": "-1"],
          [KeyFigures(report).markup] + sections.map(\.markup)),
        .element(
          "footer", ["class": "wrap"],
          "Made by deploy \(report.version) from \(report.status.isOffline ? "the state alone" : "the state and a survey of the hosts"). Times are in UTC."
        ),
      ])
  }

  private var heading: Markup {
    .element(
      "div", [:],
      [
        PageParts.paragraph("Fleet report", "eyebrow"),
        .element("h1", [:], report.status.fleet),
      ])
  }

  private var summary: Markup {
    let sites = report.inventory.sites.count
    return .element(
      "p", ["class": "lead"],
      [
        .text(
          "\(report.status.hosts.count.of("host")), \(sites.of("site")). As of "),
        PageParts.time(report.status.now),
        .text(
          report.status.isOffline
            ? " UTC, from the state: no host was contacted." : " UTC, from a survey of the hosts."),
      ])
  }

  private var overall: (standing: HostStanding, text: String, style: String) {
    let urgent = due.items.count(where: \.isUrgent)
    if urgent > 0 {
      return (.faulty, urgent == 1 ? "1 urgent matter" : "\(urgent) urgent matters", "bad")
    }
    if !due.items.isEmpty {
      return (.drifted, "\(due.items.count.of("matter")) to look at", "warn")
    }
    return report.status.isOffline
      ? (.recorded, "nothing due, as far as the state says", "calm")
      : (.asInstalled, "all as installed, nothing due", "ok")
  }

  private var overallMark: Markup {
    .element(
      "span", ["class": "badge \(overall.style)"],
      [PageParts.sign(overall.standing), .element("span", [:], overall.text.capitalizedFirst)])
  }

  private var navigation: Markup {
    .element(
      "nav", ["aria-label": "Sections"],
      [
        .element(
          "ul", [:],
          sections.map { section in
            .element("li", [:], [.element("a", ["href": "#\(section.id)"], section.title)])
          })
      ])
  }

  private struct Section {
    var id: String
    var title: String
    var content: [Markup]

    var markup: Markup { PageParts.section(id, title, content) }
  }

  private var sections: [Section] {
    [
      Section(id: "due", title: "What is due", content: dueList),
      Section(id: "picture", title: "The fleet", content: picture),
      Section(id: "expiry", title: "Expiry", content: ExpirySection(report.expiries).content),
      Section(id: "hosts", title: "Hosts", content: HostsSection(report).content),
      Section(id: "edges", title: "Edges", content: EdgesSection(report).content),
      Section(id: "runs", title: "Recent runs", content: RunsSection(report.runs).content),
    ]
  }

  private var dueList: [Markup] {
    guard !due.items.isEmpty else { return [PageParts.paragraph("Nothing is due.")] }
    return [
      .element(
        "ul", ["class": "due", "role": "list"],
        due.items.map { item in
          .element(
            "li", [:],
            [
              PageParts.sign(item.isUrgent ? .faulty : .drifted),
              .element(
                "div", [:],
                [
                  .element(
                    "p", [:],
                    (item.isUrgent ? [.element("strong", [:], "Urgent: ")] : [])
                      + [.text(item.text)])
                ] + (item.advice.map { [PageParts.paragraph($0, "advice")] } ?? [])),
            ])
        })
    ]
  }

  private var picture: [Markup] {
    let picture = report.picture
    return [
      PageParts.paragraph(
        "Requests go from the left to the right. Sites with the same hosts are drawn together"
          + (picture.rest == nil ? "." : "; the lanes that need attention are first."), "lead"),
      .element(
        "figure", [:],
        [
          PictureSVG(picture, .wide, name: "wide").markup,
          PictureSVG(picture, .medium, name: "medium").markup,
          PictureSVG(picture, .narrow, name: "narrow").markup,
        ]),
    ]
  }
}

extension String {
  /// The text with an upper-case first letter.
  fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
