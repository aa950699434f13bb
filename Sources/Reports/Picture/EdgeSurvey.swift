package import Fleet

/// How the edges of a fleet were when they were last tried.
package struct EdgeSurvey: Hashable, Sendable {
  package enum Standing: String, Hashable, Sendable, CaseIterable, Comparable {
    case failed, notTried, works

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    package var text: String {
      switch self {
      case .failed: "failed"
      case .notTried: "not tried"
      case .works: "works"
      }
    }
  }

  /// One connection for a site: from a front-end to a back-end, or from a visitor to a front-end.
  package struct Trial: Hashable, Sendable {
    package let site: DomainName
    /// Nil for a visitor.
    package let from: HostName?
    package let to: HostName
    package let standing: Standing
    /// What is wrong, or why it was not tried.
    package let problems: [String]

    package init(
      site: DomainName, from: HostName?, to: HostName, isTried: Bool, problems: [String]
    ) {
      self.site = site
      self.from = from
      self.to = to
      standing = !isTried ? .notTried : problems.isEmpty ? .works : .failed
      self.problems = problems
    }
  }

  package let trials: [Trial]
  /// Connections that a firewall must refuse and did not, one sentence each.
  package let openings: [String]
  /// How many edges the fleet has; fewer may have been tried.
  package let edgeCount: Int

  package init(trials: [Trial], openings: [String], edgeCount: Int) {
    self.trials = trials
    self.openings = openings
    self.edgeCount = edgeCount
  }

  package var failures: [Trial] { trials.filter { $0.standing == .failed } }
}
