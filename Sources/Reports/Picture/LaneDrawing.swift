import Fleet

/// One lane of a picture: sites, their front-ends and back-ends, and the edges between them.
struct LaneDrawing {
  private let lane: FleetPicture.Lane
  private let layout: PictureLayout
  private let top: Int
  /// Whether it stands for several lanes.
  private let isRest: Bool

  init(_ lane: FleetPicture.Lane, _ layout: PictureLayout, top: Int, isRest: Bool) {
    self.lane = lane
    self.layout = layout
    self.top = top
    self.isRest = isRest
  }

  var markup: Markup {
    .element(
      "g", [:],
      [
        Shapes.box(
          x: 1, y: top, width: layout.width - 2, height: layout.height(of: lane), radius: 12,
          "lane")
      ] + lines + names + frontEnds.markup + backEnds.markup)
  }

  private var columnsTop: Int { top + layout.padding + layout.headHeight(of: lane) }
  private var columnsHeight: Int {
    layout.height(of: lane) - 2 * layout.padding - layout.headHeight(of: lane)
  }

  private var frontEnds: GroupDrawing { group(lane.frontEnds, "front-end", layout.frontEnds) }
  private var backEnds: GroupDrawing { group(lane.backEnds, "back-end", layout.backEnds) }

  private func group(
    _ group: FleetPicture.Group, _ noun: String, _ column: (x: Int, width: Int)
  ) -> GroupDrawing {
    GroupDrawing(
      group, noun, x: column.x, width: column.width,
      top: columnsTop + (columnsHeight - PictureLayout.height(of: group)) / 2)
  }

  private var title: String {
    isRest ? "\(lane.sites.count.of("more site", plural: "more sites"))" : "Visitors of"
  }

  private var names: [Markup] {
    guard let sites = layout.sites else { return namesAbove }
    let shown = Array(lane.sites.prefix(isRest ? 3 : 4))
    let more = lane.sites.count - shown.count
    let height = 20 + shown.count * 20 + (more > 0 ? 20 : 0)
    let first = top + layout.height(of: lane) / 2 - height / 2 + 14
    return [Shapes.text(title, x: sites.x, y: first, "quiet")]
      + nameLines(shown, more, x: sites.x, y: first + 22, step: 20, width: sites.width)
  }

  private var namesAbove: [Markup] {
    let shown = Array(lane.sites.prefix(3))
    let y = top + layout.padding + 10
    return [Shapes.text(title, x: layout.padding, y: y, "quiet")]
      + nameLines(
        shown, lane.sites.count - shown.count, x: layout.padding, y: y + 18, step: 18,
        width: layout.width - 2 * layout.padding)
  }

  private func nameLines(
    _ sites: [DomainName], _ more: Int, x: Int, y: Int, step: Int, width: Int
  ) -> [Markup] {
    var lines = sites.enumerated().map { index, site in
      Markup.element(
        "text", ["x": "\(x)", "y": "\(y + index * step)", "class": "name"],
        [
          .element("title", [:], site.text),
          .text(TextWidth.shortened(site.text, to: width, size: 14)),
        ])
    }
    if more > 0 {
      lines.append(
        Shapes.text("and \(more.grouped) more", x: x, y: y + sites.count * step, "quiet"))
    }
    return lines
  }

  private var lines: [Markup] {
    lane.frontEnds.isWhole && backEnds.isWhole ? eachLine : bands
  }

  /// A line for each pair of hosts; those that failed are drawn last, above the others.
  private var eachLine: [Markup] {
    let (frontEnds, backEnds) = (frontEnds, backEnds)
    let start = layout.sites.map { (x: $0.x + $0.width, y: top + layout.height(of: lane) / 2) }
    return lane.lines.sorted { $0.standing > $1.standing }.flatMap { line -> [Markup] in
      let from = line.from.map { frontEnds.exit(of: $0) } ?? start
      let to = line.from == nil ? frontEnds.entry(of: line.to) : backEnds.entry(of: line.to)
      guard let from, let to else { return [] }
      return [Shapes.curve(from: from, to: to, "line \(line.standing.styleName)")]
        + (line.standing == .failed
          ? [Shapes.cross(x: (from.x + to.x) / 2, y: (from.y + to.y) / 2)] : [])
    }
  }

  /// One wide line for all edges, with their numbers if there is room. Hosts that are all named are joined to it.
  private var bands: [Markup] {
    let middle = columnsTop + columnsHeight / 2
    let (frontEnds, backEnds) = (frontEnds, backEnds)
    let room = (layout.backEnds.x - layout.frontEnds.x - layout.frontEnds.width) / 4
    let start = layout.frontEnds.x + layout.frontEnds.width + (frontEnds.isWhole ? room : 0)
    let end = layout.backEnds.x - (backEnds.isWhole ? room : 0)
    var markup = frontEnds.exits.map { Shapes.curve(from: $0, to: (start, middle), "join") }
    markup += backEnds.entries.map { Shapes.curve(from: (end, middle), to: $0, "join") }
    if let sites = layout.sites {
      let end = layout.frontEnds.x - (frontEnds.isWhole ? room : 0)
      markup += frontEnds.entries.map { Shapes.curve(from: (end, middle), to: $0, "join") }
      markup += band(sites.x + sites.width, end, middle, lane.visits, "visit")
    }
    return markup + band(start, end, middle, lane.edges, "edge")
  }

  private func band(
    _ start: Int, _ end: Int, _ y: Int, _ counts: FleetPicture.EdgeCounts, _ noun: String
  ) -> [Markup] {
    let hasText = layout.sites != nil && noun == "edge"
    // Without a text, a band of which a part was not tried must not look as if all worked.
    let standing =
      !hasText && counts.failed == 0 && counts.notTried > 0 ? .notTried : counts.standing
    let band = Shapes.curve(
      from: (start, y), to: (end, y), "band \(standing.styleName)")
    guard hasText else { return [band] }
    let middle = (start + end) / 2
    var texts = [
      Shapes.text(counts.total.of(noun), x: middle, y: y - 12, "count", anchor: "middle")
    ]
    var below = y + 22
    if counts.failed > 0 {
      below = y + 26
      texts += [
        Shapes.cross(x: middle, y: y),
        Shapes.text(
          "\(counts.failed.grouped) failed", x: middle, y: below, "count bad", anchor: "middle"),
      ]
      below += 18
    }
    if counts.notTried > 0 {
      let text = counts.tried > 0 ? "\(counts.notTried.grouped) not tried" : "not tried"
      texts.append(Shapes.text(text, x: middle, y: below, "count", anchor: "middle"))
    }
    return [band] + texts
  }
}
