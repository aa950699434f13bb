/// How a plan is rolled out over the hosts; read from a playbook file or built in.
package struct Playbook: Hashable, Sendable {
  /// 1 to 63 lower-case letters, digits and inner hyphens.
  package var name: String
  package var rollout: Rollout
  package var hooks: Hooks
  /// Nil for a run that only brings the fleet to the inventory.
  package var procedure: Procedure?

  package init(
    name: String, rollout: Rollout = Rollout(), hooks: Hooks = Hooks(), procedure: Procedure? = nil
  ) {
    self.name = name
    self.rollout = rollout
    self.hooks = hooks
    self.procedure = procedure
  }

  /// Used if no playbook is given; the same as the shipped `Playbooks/rolling.yml`.
  package static let rolling = Playbook(
    name: "rolling", rollout: Rollout(batch: .percent(25)))
}
