import Planning
import State

/// How a host is in one word, the worst first.
package enum HostStanding: String, Hashable, Sendable, CaseIterable, Comparable {
  case unreachable
  /// Something is wrong that an operator has to look at.
  case faulty
  /// Files or the firewall are not as installed; an apply repairs that.
  case drifted
  /// The host has no release.
  case empty
  /// The host was not asked, and the state says nothing else.
  case unknown
  /// The host was not asked; the state has its release.
  case recorded
  case asInstalled

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

  /// Whether an operator should act.
  package var isTrouble: Bool { self < .empty }

  /// For readers.
  package var text: String {
    switch self {
    case .unreachable: "unreachable"
    case .faulty: "problem"
    case .drifted: "drifted"
    case .empty: "no release"
    case .unknown: "not asked"
    case .recorded: "as recorded"
    case .asInstalled: "as installed"
    }
  }
}

extension HostStatus {
  package var standing: HostStanding {
    if isContacted, !isReachable { return .unreachable }
    if problem != nil { return isContacted || certificateEnds != nil ? .faulty : .unknown }
    guard isContacted else { return release == nil ? .empty : .recorded }
    if health?.isAsInstalled == false { return .drifted }
    return release == nil ? .empty : .asInstalled
  }

  /// What is wrong in a few words; the standing if nothing is.
  package var summary: String {
    switch standing {
    case .faulty: problem ?? HostStanding.faulty.text
    case .drifted where !drift.isEmpty:
      "\(drift.count) \(drift.count == 1 ? "file" : "files") changed"
    case .drifted where firewall == .absent: "firewall not loaded"
    case .drifted where firewall == .changed: "firewall changed"
    case .asInstalled, .recorded: release.map { "release \($0)" } ?? standing.text
    case let other: other.text
    }
  }
}
