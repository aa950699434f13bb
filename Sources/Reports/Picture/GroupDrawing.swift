import Fleet

/// The hosts of one role in a lane: a box for each that is named, and one that counts the others.
struct GroupDrawing {
  private let group: FleetPicture.Group
  private let noun: String
  private let x: Int
  private let width: Int
  private let top: Int

  init(_ group: FleetPicture.Group, _ noun: String, x: Int, width: Int, top: Int) {
    self.group = group
    self.noun = noun
    self.x = x
    self.width = width
    self.top = top
  }

  var isWhole: Bool { group.isWhole }

  private var nodesTop: Int {
    isWhole ? top : top + PictureLayout.summaryHeight(of: group) + PictureLayout.gap
  }

  private func middle(of host: HostName) -> Int? {
    group.named.firstIndex { $0.host == host }.map {
      nodesTop + $0 * (PictureLayout.nodeHeight + PictureLayout.gap) + PictureLayout.nodeHeight / 2
    }
  }

  /// Where edges end if every host is named.
  var entries: [(x: Int, y: Int)] { isWhole ? group.named.compactMap { entry(of: $0.host) } : [] }
  /// Where edges begin if every host is named.
  var exits: [(x: Int, y: Int)] { isWhole ? group.named.compactMap { exit(of: $0.host) } : [] }

  /// Where edges to a host end; nil if it is not named.
  func entry(of host: HostName) -> (x: Int, y: Int)? { middle(of: host).map { (x, $0) } }
  /// Where edges from a host begin.
  func exit(of host: HostName) -> (x: Int, y: Int)? { middle(of: host).map { (x + width, $0) } }

  var markup: [Markup] {
    let nodes = group.named.enumerated().map { index, host in
      node(host, y: nodesTop + index * (PictureLayout.nodeHeight + PictureLayout.gap))
    }
    return (isWhole ? [] : summary) + nodes
  }

  private func node(_ host: HostStatus, y: Int) -> Markup {
    let standing = host.standing
    let room = width - 46
    return .element(
      "g", [:],
      [
        .element("title", [:], "\(host.host): \(host.summary)"),
        Shapes.box(
          x: x, y: y, width: width, height: PictureLayout.nodeHeight,
          "node \(standing.styleName)"),
        Shapes.sign(standing, x: x + 12, y: y + 14),
        Shapes.text(
          TextWidth.shortened(host.host.text, to: room, size: 14), x: x + 38, y: y + 19, "name"),
        Shapes.text(
          TextWidth.shortened(host.summary, to: room, size: 12), x: x + 38, y: y + 35,
          "detail \(standing.styleName)"),
      ])
  }

  private var summary: [Markup] {
    let height = PictureLayout.summaryHeight(of: group)
    var markup = [
      Shapes.box(x: x, y: top, width: width, height: height, "node \(group.worst.styleName)"),
      Shapes.text(group.total.of(noun), x: x + 14, y: top + 22, "name"),
    ]
    markup += bar(y: top + 32)
    var y = top + 60
    for (standing, count) in group.counts {
      markup += [
        Shapes.sign(standing, x: x + 14, y: y - 12),
        Shapes.text(
          "\(count.grouped) \(standing.text)", x: x + 38, y: y, "detail \(standing.styleName)"),
      ]
      y += PictureLayout.lineHeight
    }
    let hidden = PictureLayout.hiddenTrouble(in: group)
    if hidden > 0 {
      markup.append(
        Shapes.text(
          group.named.isEmpty ? "see the table" : "\(hidden.grouped) not named",
          x: x + 38, y: y, "detail"))
    }
    return markup
  }

  /// The shares of the standings, each at least three pixels.
  private func bar(y: Int) -> [Markup] {
    let room = width - 28
    let least = 3
    let free = room - group.counts.count * (least + 1)
    var start = x + 14
    return group.counts.map { standing, count in
      let share = least + free * count / max(group.total, 1)
      defer { start += share + 1 }
      return Shapes.box(
        x: start, y: y, width: share, height: 8, radius: 1, "share \(standing.styleName)")
    }
  }
}
