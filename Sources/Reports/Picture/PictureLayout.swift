/// Where the parts of a picture are: in three columns, or, on small screens, in two columns below the name of each site.
struct PictureLayout: Sendable {
  let width: Int
  /// The column of visitors; nil if it is above the others.
  let sites: (x: Int, width: Int)?
  let frontEnds: (x: Int, width: Int)
  let backEnds: (x: Int, width: Int)
  /// The space inside a lane, around its columns.
  let padding: Int

  static let wide = PictureLayout(
    width: 1080, sites: (20, 240), frontEnds: (350, 280), backEnds: (760, 300), padding: 18)
  /// For a tablet.
  static let medium = PictureLayout(
    width: 700, sites: nil, frontEnds: (18, 280), backEnds: (402, 280), padding: 18)
  static let narrow = PictureLayout(
    width: 344, sites: nil, frontEnds: (10, 150), backEnds: (184, 150), padding: 12)

  static let nodeHeight = 44
  static let gap = 8
  /// Between two lanes.
  static let laneGap = 12
  static let lineHeight = 18

  /// The height of a group of hosts.
  static func height(of group: FleetPicture.Group) -> Int {
    let nodes = group.named.count * (nodeHeight + gap)
    return group.isWhole ? nodes - gap : summaryHeight(of: group) + gap + nodes - gap
  }

  /// The height of the box that counts hosts.
  static func summaryHeight(of group: FleetPicture.Group) -> Int {
    52 + group.counts.count * lineHeight + (hiddenTrouble(in: group) > 0 ? lineHeight : 0)
  }

  /// How many hosts with trouble are not named.
  static func hiddenTrouble(in group: FleetPicture.Group) -> Int {
    group.counts.filter(\.standing.isTrouble).map(\.count).reduce(0, +)
      - group.named.count(where: \.standing.isTrouble)
  }

  /// The height of what is above the columns of a lane.
  func headHeight(of lane: FleetPicture.Lane) -> Int {
    sites == nil ? 30 + min(lane.sites.count, 3) * 18 + (lane.sites.count > 3 ? 18 : 0) : 0
  }

  func height(of lane: FleetPicture.Lane) -> Int {
    let columns = max(Self.height(of: lane.frontEnds), Self.height(of: lane.backEnds))
    let names = sites == nil ? 0 : 40 + min(lane.sites.count, 5) * 20
    return 2 * padding + headHeight(of: lane) + max(columns, names, 44)
  }
}
