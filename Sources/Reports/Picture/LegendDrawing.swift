/// What the signs of a picture mean, of those that it has.
struct LegendDrawing {
  private enum Entry {
    case host(HostStanding)
    case edge(EdgeSurvey.Standing)

    var text: String {
      switch self {
      case .host(let standing): standing.text
      case .edge(let standing): "edge \(standing.text)"
      }
    }
  }

  private let entries: [(entry: Entry, x: Int, row: Int)]
  private let top: Int
  let height: Int

  init(_ picture: FleetPicture, _ layout: PictureLayout, top: Int) {
    let lanes = picture.allLanes
    let groups = lanes.flatMap { [$0.frontEnds, $0.backEnds] } + [picture.unused]
    let hosts = Set(groups.flatMap { $0.counts.map(\.standing) }).sorted()
    let counts = lanes.map { $0.visits + $0.edges }.reduce(.init(), +)
    let edges: [EdgeSurvey.Standing] =
      (counts.failed > 0 ? [.failed] : []) + (counts.notTried > 0 ? [.notTried] : [])
      + (counts.works > 0 ? [.works] : [])
    var (x, row) = (layout.padding, 0)
    var entries: [(entry: Entry, x: Int, row: Int)] = []
    for entry in hosts.map(Entry.host) + edges.map(Entry.edge) {
      let width = 52 + TextWidth.of(entry.text) * 13 / 100
      if x + width > layout.width, x > layout.padding { (x, row) = (layout.padding, row + 1) }
      entries.append((entry, x, row))
      x += width
    }
    self.entries = entries
    self.top = top
    height = entries.isEmpty ? 0 : (row + 1) * 24 + 8
  }

  var markup: [Markup] {
    entries.flatMap { entry, x, row -> [Markup] in
      let y = top + 4 + row * 24
      let sign =
        switch entry {
        case .host(let standing): Shapes.sign(standing, x: x, y: y)
        case .edge(let standing):
          Shapes.curve(from: (x - 6, y + 8), to: (x + 18, y + 8), "line \(standing.styleName)")
        }
      let cross: [Markup] =
        if case .edge(.failed) = entry { [Shapes.cross(x: x + 6, y: y + 8)] } else { [] }
      return [sign] + cross + [Shapes.text(entry.text, x: x + 24, y: y + 13, "key")]
    }
  }
}

/// The hosts of a picture that no site uses.
struct UnusedDrawing {
  private let group: FleetPicture.Group
  private let layout: PictureLayout
  private let top: Int

  init(_ group: FleetPicture.Group, _ layout: PictureLayout, top: Int) {
    self.group = group
    self.layout = layout
    self.top = top
  }

  private var column: (x: Int, width: Int) {
    layout.sites == nil
      ? (layout.padding, layout.width - 2 * layout.padding) : layout.frontEnds
  }
  private var head: Int { layout.sites == nil ? 24 : 0 }

  var height: Int { 2 * layout.padding + head + PictureLayout.height(of: group) }

  var markup: Markup {
    .element(
      "g", [:],
      [
        Shapes.box(x: 1, y: top, width: layout.width - 2, height: height, radius: 12, "lane"),
        Shapes.text(
          "Used by no site", x: layout.sites?.x ?? layout.padding,
          y: layout.sites == nil ? top + layout.padding + 10 : top + height / 2 + 5, "quiet"),
      ]
        + GroupDrawing(
          group, "host", x: column.x, width: column.width, top: top + layout.padding + head
        ).markup)
  }
}
