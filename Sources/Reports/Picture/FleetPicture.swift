import Fleet
package import Inventories

/// What a picture of a fleet shows: a lane for each group of sites that have the same front-ends and back-ends, from
/// visitors through front-ends to back-ends. It has no coordinates; ``PictureSVG``, ``PictureDOT`` and
/// ``PictureMermaid`` draw it.
package struct FleetPicture: Sendable {
  /// Hosts of one role in a lane. In a large lane only those with trouble are named.
  struct Group: Sendable {
    var named: [HostStatus]
    var total: Int
    var counts: [(standing: HostStanding, count: Int)]

    /// Whether every host is named.
    var isWhole: Bool { named.count == total }
    var worst: HostStanding { counts.first?.standing ?? .unknown }
  }

  /// A pair of hosts that are both named, and how the edges between them are.
  struct Line: Hashable, Sendable {
    /// Nil for visitors.
    var from: HostName?
    var to: HostName
    var standing: EdgeSurvey.Standing
  }

  struct Lane: Sendable {
    var sites: [DomainName]
    var frontEnds: Group
    var backEnds: Group
    /// Between hosts that are named, if both groups are whole.
    var lines: [Line]
    /// Of all connections: from visitors, and from front-ends to back-ends.
    var visits: EdgeCounts
    var edges: EdgeCounts

    /// How many of its hosts have trouble.
    var trouble: Int {
      (frontEnds.counts + backEnds.counts).filter(\.standing.isTrouble).map(\.count).reduce(0, +)
    }

    /// Troubled lanes come first.
    var urgency: Int {
      let worst = min(frontEnds.worst, backEnds.worst)
      return worst.isTrouble ? 0 : visits.failed + edges.failed > 0 ? 1 : 2
    }
  }

  /// How many connections of a kind have each standing.
  struct EdgeCounts: Hashable, Sendable {
    var works = 0
    var failed = 0
    var notTried = 0

    var total: Int { works + failed + notTried }
    var tried: Int { works + failed }
    /// What the total does not say: how many failed, and how many were not tried if others were.
    var remarks: [String] {
      (failed > 0 ? ["\(failed.grouped) failed"] : [])
        + (notTried > 0 && tried > 0 ? ["\(notTried.grouped) not tried"] : [])
    }
    var standing: EdgeSurvey.Standing {
      failed > 0 ? .failed : works > 0 ? .works : .notTried
    }

    mutating func add(_ standing: EdgeSurvey.Standing) {
      switch standing {
      case .works: works += 1
      case .failed: failed += 1
      case .notTried: notTried += 1
      }
    }

    static func + (left: Self, right: Self) -> Self {
      Self(
        works: left.works + right.works, failed: left.failed + right.failed,
        notTried: left.notTried + right.notTried)
    }
  }

  /// More hosts of one role than this are counted instead of named.
  static let mostNamed = 8
  /// Of counted hosts, this many with trouble are named.
  static let mostTroubled = 6
  /// More lanes than this are drawn as one.
  static let mostLanes = 10

  let fleet: String
  private(set) var lanes: [Lane] = []
  /// The lanes that are drawn as one; nil if all have their own.
  private(set) var rest: Lane?
  /// Hosts that no site uses.
  private(set) var unused: Group

  package init(of inventory: Inventory, _ status: FleetStatus, _ edges: EdgeSurvey?) {
    fleet = status.fleet
    let maker = PictureMaker(inventory, status, edges)
    let lanes = maker.lanes
    let sorted = lanes.enumerated().sorted {
      ($0.element.urgency, -$0.element.trouble, $0.offset)
        < ($1.element.urgency, -$1.element.trouble, $1.offset)
    }.map(\.element)
    // One lane that stands for one lane would save nothing.
    let shown = sorted.count > Self.mostLanes + 1 ? Self.mostLanes : sorted.count
    self.lanes = Array(sorted.prefix(shown))
    let others = sorted.dropFirst(shown)
    rest = others.isEmpty ? nil : maker.joined(Array(others))
    unused = maker.unused
  }

  /// All lanes in the order in which they are drawn.
  var allLanes: [Lane] { lanes + [rest].compactMap(\.self) }

  /// The picture in words, for those who do not see it.
  var sentences: [String] {
    allLanes.map { lane -> String in
      let edges = lane.visits + lane.edges
      let remarks =
        edges.total > 0 && edges.tried == 0 ? ["no connection tried"] : edges.remarks
      return
        "\(lane.sites.text(atMost: 3)): \(lane.frontEnds.text("front-end")), \(lane.backEnds.text("back-end"))"
        + remarks.map { ", \($0)" }.joined() + "."
    } + (unused.total == 0 ? [] : ["No site uses \(unused.text("host"))."])
  }
}

extension FleetPicture.Group {
  /// Such as "3 front-ends (2 as installed, 1 unreachable)".
  func text(_ noun: String) -> String {
    let parts = counts.map { "\($0.count) \($0.standing.text)" }.joined(separator: ", ")
    return "\(total) \(noun)\(total == 1 ? "" : "s") (\(parts))"
  }
}

extension [DomainName] {
  /// The first domains and the number of the others.
  func text(atMost most: Int) -> String {
    let more = count > most ? " and \(count - most) more" : ""
    return prefix(most).map(\.text).joined(separator: ", ") + more
  }
}
