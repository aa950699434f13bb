import Fleet
import Planning

/// The part of a report about expiry dates: a line of time, and a table.
struct ExpirySection {
  /// Dates that are shown without opening the whole table.
  private static let mostOpen = 8

  private let expiries: [Expiry]

  init(_ expiries: [Expiry]) { self.expiries = expiries }

  var content: [Markup] {
    guard !expiries.isEmpty else {
      return [PageParts.paragraph("The state has nothing that expires.")]
    }
    let first = table(Array(expiries.prefix(Self.mostOpen)), "The first to expire")
    return [
      PageParts.paragraph(
        "Near dates have more room than far ones. A circle with a number stands for several; a diamond is due for renewal, a square has expired.",
        "lead"),
      .element(
        "figure", [:],
        ExpiryTimeline.Size.allCases.map { ExpiryTimeline(expiries, $0).markup }),
      first,
    ]
      + (expiries.count > Self.mostOpen
        ? [
          PageParts.details(
            "All \(expiries.count.grouped) dates", [table(expiries, "All expiry dates")])
        ] : [])
  }

  private func table(_ expiries: [Expiry], _ caption: String) -> Markup {
    PageTable(
      caption: caption,
      columns: [
        .init("What"), .init("Host"), .init("Expires"), .init("Days left", isNumber: true),
        .init("State"),
      ],
      rows: expiries.map { expiry in
        [
          .text("\(expiry.kind.singular) \(expiry.name)"), .text(expiry.host?.text ?? "–"),
          PageParts.date(expiry.notAfter), .text(Int(expiry.daysLeft).grouped),
          state(expiry.urgency),
        ]
      }
    ).markup
  }

  private func state(_ urgency: Expiry.Urgency) -> Markup {
    switch urgency {
    case .none: PageParts.state(.asInstalled, "not due")
    case .due: PageParts.state(.drifted, "due")
    case .ended: PageParts.state(.faulty, "expired")
    }
  }
}
