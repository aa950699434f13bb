package import Fleet
package import State

/// What a plan has in store for one host.
package struct HostPlan: Hashable, Sendable {
  package var host: HostName
  package var connection: HostAccess
  package var roles: HostRoles
  package var outcome: Outcome

  package enum Outcome: Hashable, Sendable {
    /// - Parameter present: the release that the host has and keeps; nil for a machine that the fleet has
    ///   under another name now.
    case unchanged(present: ReleaseRecord?)
    /// The host should take part and does not.
    case held(Hold)
    case steps(StepSequence)
  }

  /// Why a host is left out.
  package struct Hold: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      /// The host cannot take part.
      case blocked
      /// The host could not be asked.
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
  /// Those that change the host, in their order; none if it is not changed.
  package var steps: [HostStep] {
    if case .steps(let steps) = outcome { Array(steps) } else { [] }
  }

  package var hold: Hold? {
    if case .held(let hold) = outcome { hold } else { nil }
  }

  package var isUnchanged: Bool {
    if case .unchanged = outcome { true } else { false }
  }

  /// What happens to the host, for readers: one for each step, or the one that says why there is none.
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
