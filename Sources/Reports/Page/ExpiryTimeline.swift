import Fleet
import Planning

/// Expiry dates on one line of time for each kind, on which near dates have more room than far ones.
struct ExpiryTimeline {
  /// For which screen it is drawn.
  enum Size: String, CaseIterable {
    case wide, medium, narrow

    var width: Int {
      switch self {
      case .wide: 1080
      case .medium: 700
      case .narrow: 344
      }
    }

    /// Where the axis begins and ends; what has expired is before its beginning.
    var axis: (start: Int, end: Int) {
      switch self {
      case .wide: (330, 1040)
      case .medium: (66, 660)
      case .narrow: (48, 326)
      }
    }
  }

  struct Mark: Hashable {
    var x: Int
    var count: Int
    var urgency: Expiry.Urgency
  }

  private static let ticks: [(days: Int64, text: String, short: String)] = [
    (0, "today", "today"), (7, "1 week", "1 w"), (30, "1 month", "1 m"), (90, "3 months", "3 m"),
    (365, "1 year", "1 y"), (1095, "3 years", "3 y"), (3650, "10 years", "10 y"),
  ]
  private static let kinds: [Expiry.Kind] = [
    .siteCertificate, .certificate, .revocationList, .ca,
  ]
  private static let headHeight = 34
  /// The distance of two marks, which do not overlap then.
  private static let step = 30

  private let expiries: [Expiry]
  private let size: Size

  /// - Parameter expiries: earliest first.
  init(_ expiries: [Expiry], _ size: Size) {
    self.expiries = expiries
    self.size = size
  }

  private var name: String { "timeline-\(size)" }
  private var width: Int { size.width }
  private var axis: (start: Int, end: Int) { size.axis }
  /// Whether the names of rows are beside the axis.
  private var isWide: Bool { size == .wide }
  private var rowHeight: Int { isWide ? 62 : 88 }

  private var rows: [(kind: Expiry.Kind, expiries: [Expiry])] {
    Self.kinds.compactMap { kind in
      let own = expiries.filter { $0.kind == kind }
      return own.isEmpty ? nil : (kind, own)
    }
  }

  var markup: Markup {
    let rows = rows
    let height = Self.headHeight + rows.count * rowHeight + 4
    let drawn = rows.enumerated().flatMap { index, row in
      self.row(row.kind, row.expiries, top: Self.headHeight + index * rowHeight)
    }
    return .element(
      "svg",
      [
        "viewBox": "0 0 \(width) \(height)", "width": "\(width)", "height": "\(height)",
        "role": "img", "class": "timeline \(size)",
        "aria-labelledby": "\(name)-title", "aria-describedby": "\(name)-desc",
      ],
      [
        .element("title", ["id": "\(name)-title"], "What expires when"),
        .element(
          "desc", ["id": "\(name)-desc"],
          rows.map { summary($0.kind, $0.expiries) }.joined(separator: " ")),
        Shapes.box(x: 1, y: 1, width: width - 2, height: height - 2, radius: 12, "lane"),
      ] + scale(height) + drawn)
  }

  /// The ticks of the axis. Where names of rows are above the axis, the lines of the ticks leave room for them.
  private func scale(_ height: Int) -> [Markup] {
    let spans =
      isWide
      ? [(from: 30, to: height - 8)]
      : rows.indices.map { index in
        let y = middle(ofRowAt: Self.headHeight + index * rowHeight)
        return (from: y - 17, to: y + 17)
      }
    let past = spans.map { from, to in
      Shapes.box(x: axis.start - 40, y: from, width: 40, height: to - from, radius: 4, "past")
    }
    return (expiries.contains { $0.urgency == .ended } ? past : [])
      + Self.ticks.flatMap { tick in
        let x = place(days: tick.days)
        let lines = spans.map { from, to in
          Markup.element(
            "line",
            [
              "x1": "\(x)", "y1": "\(from)", "x2": "\(x)", "y2": "\(to)",
              "class": tick.days == 0 ? "tick now" : "tick",
            ])
        }
        let text = size == .narrow ? tick.short : tick.text
        return lines + [Shapes.text(text, x: x, y: 20, "axis", anchor: "middle")]
      }
  }

  /// Where the marks of a row are.
  private func middle(ofRowAt top: Int) -> Int {
    top + (isWide ? rowHeight / 2 : rowHeight - 22)
  }

  private func row(_ kind: Expiry.Kind, _ expiries: [Expiry], top: Int) -> [Markup] {
    let x = isWide ? 20 : 12
    let room = isWide ? axis.start - 70 : width - 24
    let y = middle(ofRowAt: top)
    let first = expiries.first.map { "first: \($0.date), \($0.host?.text ?? $0.name)" } ?? ""
    return [
      Shapes.text(
        "\(expiries.count.of(kind.singular, plural: kind.plural))", x: x, y: top + 24, "name"),
      Shapes.text(
        TextWidth.shortened(first, to: room, size: 12), x: x, y: top + 42, "detail"),
    ] + marks(of: expiries).flatMap { drawing($0, y: y) }
  }

  /// One mark for each slot of the axis in which something expires, with the number and the worst urgency, in the middle
  /// of the slot.
  func marks(of expiries: [Expiry]) -> [Mark] {
    var slots: [Int: Mark] = [:]
    let last = (axis.end - axis.start) / Self.step - 1
    for expiry in expiries {
      let isEnded = expiry.urgency == .ended
      let x = place(days: max(0, expiry.daysLeft))
      // What has expired has a slot of its own, before the axis.
      let slot = isEnded ? -1 : min((x - axis.start) / Self.step, last)
      let middle = axis.start + slot * Self.step + Self.step / 2
      let mark =
        slots[slot]
        ?? Mark(x: isEnded ? axis.start - 20 : middle, count: 0, urgency: .none)
      slots[slot] = Mark(
        x: mark.x, count: mark.count + 1, urgency: max(mark.urgency, expiry.urgency))
    }
    return slots.values.sorted { $0.x < $1.x }
  }

  /// A circle; a diamond if it is due, a square if it has expired.
  private func drawing(_ mark: Mark, y: Int) -> [Markup] {
    let radius = mark.count == 1 ? 8 : 13
    let (x, style) = (mark.x, "mark \(mark.urgency.styleName)")
    let outline =
      switch mark.urgency {
      case .none:
        Markup.element("circle", ["cx": "\(x)", "cy": "\(y)", "r": "\(radius)", "class": style])
      case .due:
        Markup.element(
          "path",
          [
            "d":
              "M\(x) \(y - radius - 3)L\(x + radius + 3) \(y)L\(x) \(y + radius + 3)L\(x - radius - 3) \(y)Z",
            "class": style,
          ])
      case .ended:
        Shapes.box(
          x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius, radius: 3, style)
      }
    guard mark.count > 1 else { return [outline] }
    let number = mark.count < 1000 ? "\(mark.count)" : "\(mark.count / 1000)k"
    return [outline, Shapes.text(number, x: x, y: y + 4, "inside", anchor: "middle")]
  }

  /// Between two ticks, days have equal room.
  private func place(days: Int64) -> Int {
    let step = (axis.end - axis.start) / (Self.ticks.count - 1)
    for index in 1..<Self.ticks.count where days <= Self.ticks[index].days {
      let (from, to) = (Self.ticks[index - 1].days, Self.ticks[index].days)
      return axis.start + step * (index - 1) + step * Int(days - from) / Int(to - from)
    }
    return axis.start + step * (Self.ticks.count - 1)
  }

  private func summary(_ kind: Expiry.Kind, _ expiries: [Expiry]) -> String {
    let due = expiries.count { $0.urgency == .due }
    let ended = expiries.count { $0.urgency == .ended }
    let parts =
      (ended > 0 ? ["\(ended) expired"] : []) + (due > 0 ? ["\(due) due"] : [])
      + (expiries.first.map { ["the first on \($0.date)"] } ?? [])
    return
      "\(expiries.count.of(kind.singular, plural: kind.plural)): \(parts.joined(separator: ", "))."
  }
}

extension Expiry {
  var date: String { notAfter.date }
}

extension Expiry.Urgency {
  var styleName: String {
    switch self {
    case .none: "ok"
    case .due: "warn"
    case .ended: "bad"
    }
  }
}

extension Expiry.Kind {
  var singular: String {
    switch self {
    case .ca: "CA"
    case .certificate: "host certificate"
    case .siteCertificate: "site certificate"
    case .revocationList: "CRL"
    }
  }

  var plural: String { singular + "s" }
}
