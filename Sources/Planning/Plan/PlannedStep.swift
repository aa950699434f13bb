package import Fleet

/// A step together with its host: the unit that a rollout carries out.
@dynamicMemberLookup
package struct PlannedStep: Hashable, Sendable {
  package let host: HostName
  package let connection: HostAccess
  package let roles: HostRoles
  package var step: HostStep

  package init(host: HostName, connection: HostAccess, roles: HostRoles, _ step: HostStep) {
    self.host = host
    self.connection = connection
    self.roles = roles
    self.step = step
  }

  package subscript<Value>(dynamicMember part: KeyPath<HostStep, Value>) -> Value {
    step[keyPath: part]
  }

  package subscript<Value>(dynamicMember part: WritableKeyPath<HostStep, Value>) -> Value {
    get { step[keyPath: part] }
    set { step[keyPath: part] = newValue }
  }

  /// Another step of the same host.
  package func replaced(by step: HostStep) -> PlannedStep {
    PlannedStep(host: host, connection: connection, roles: roles, step)
  }
}

extension HostPlan {
  /// The steps of the host, in order; empty if it does not change.
  package var plannedSteps: [PlannedStep] {
    steps.map { PlannedStep(host: host, connection: connection, roles: roles, $0) }
  }
}
