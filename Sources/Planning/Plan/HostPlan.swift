package import Fleet
package import State

/// The plan for one host: its steps, or why it does not change. Made by `PlannedFleet`.
package struct HostPlan: Hashable, Sendable {
  package var host: HostName
  package var connection: HostAccess
  package var roles: HostRoles
  package var outcome: Outcome

  /// What happens to the host.
  package enum Outcome: Hashable, Sendable {
    /// The host does not change.
    ///
    /// - Parameter present: the release that the host keeps; nil for a machine that the fleet now has
    ///   under another name.
    case unchanged(present: ReleaseRecord?)
    /// The host was selected but cannot be changed.
    case held(Hold)
    case steps(StepSequence)
  }

  /// Why a selected host is not changed.
  package struct Hold: Hashable, Sendable {
    /// Whether the host was reached.
    package enum Kind: Hashable, Sendable {
      /// The host cannot take part.
      case blocked
      /// The host could not be reached.
      case unreachable
    }

    package var kind: Kind
    package var reasons: [String]

    package init(_ kind: Kind, _ reasons: [String]) {
      self.kind = kind
      self.reasons = reasons
    }
  }

  package init(host: HostName, connection: HostAccess, roles: HostRoles, _ outcome: Outcome) {
    self.host = host
    self.connection = connection
    self.roles = roles
    self.outcome = outcome
  }
}

extension HostPlan {
  /// The steps that change the host, in order; empty if it does not change.
  package var steps: [HostStep] {
    if case .steps(let steps) = outcome { Array(steps) } else { [] }
  }

  /// Why the host is held; nil if it is not.
  package var hold: Hold? {
    if case .held(let hold) = outcome { hold } else { nil }
  }

  package var isUnchanged: Bool {
    if case .unchanged = outcome { true } else { false }
  }

  /// What happens to the host, as it is displayed: one action for each step, or the one that says why
  /// there are no steps.
  package var actions: [Action] {
    switch outcome {
    case .unchanged: [.unchanged]
    case .held(let hold): [hold.action]
    case .steps(let steps): steps.map(\.action)
    }
  }
}

extension HostPlan.Hold {
  package var action: Action {
    switch kind {
    case .blocked: .blocked
    case .unreachable: .unreachable
    }
  }
}
