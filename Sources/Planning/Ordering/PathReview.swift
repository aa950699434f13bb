import Fleet
import State

/// Which combinations of states of its hosts leave a path intact. Each is examined once, although the
/// sequencer asks for it with every track that it tries.
struct PathReview: Sendable {
  /// One bit for each combination.
  private var known: UInt128 = 0
  private var intact: UInt128 = 0
  private var working: UInt128 = 0

  /// What a combination means for the requests of a path.
  struct Finding {
    /// Whether every route is answered.
    let isIntact: Bool
    /// Whether no route is broken but those that were broken before the change.
    let works: Bool
  }

  /// What is known of a combination; nil if it was not examined yet.
  func finding(at combination: Combination) -> Finding? {
    guard known & combination.bit != 0 else { return nil }
    return Finding(
      isIntact: intact & combination.bit != 0, works: working & combination.bit != 0)
  }

  mutating func note(_ finding: Finding, at combination: Combination) {
    known |= combination.bit
    if finding.isIntact { intact |= combination.bit }
    if finding.works { working |= combination.bit }
  }

  /// The states of the hosts of a path at one moment.
  struct Combination {
    fileprivate let bit: UInt128

    /// A canonical track has at most four steps: the phases of a change, without that of revoked hosts,
    /// which changes nothing that the phase before has not changed.
    private static let states = 5

    /// - Parameters: the positions of the states on canonical tracks.
    init(frontEnd: Int, backEnd: Int, containerHost: Int) {
      precondition(
        max(frontEnd, backEnd, containerHost) < Self.states,
        "A track has more states than there are phases. This is a bug in deploy.")
      bit = 1 << UInt128((frontEnd * Self.states + backEnd) * Self.states + containerHost)
    }
  }
}
