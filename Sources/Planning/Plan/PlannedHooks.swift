import Fleet
package import Playbooks

/// The commands that the controller runs before and after the run, and before and after each host that changes.
package struct PlannedHooks: Hashable, Sendable {
  /// Each is a program and its arguments; they run in this order.
  package var beforeRun: [[String]] = []
  package var afterRun: [[String]] = []
  package var beforeHost: [[String]]
  package var afterHost: [[String]]
  /// Seconds that one command may take.
  package var timeout: Int64

  package init(beforeHost: [[String]] = [], afterHost: [[String]] = [], timeout: Int64) {
    self.beforeHost = beforeHost
    self.afterHost = afterHost
    self.timeout = timeout
  }

  package init(_ hooks: Playbook.Hooks) {
    self.init(
      beforeHost: hooks.beforeHost.map(\.words), afterHost: hooks.afterHost.map(\.words),
      timeout: hooks.timeout.seconds)
    beforeRun = hooks.beforeRun.map(\.words)
    afterRun = hooks.afterRun.map(\.words)
  }

  /// Whether there is a command for the whole run.
  package var hasRunHooks: Bool { !beforeRun.isEmpty || !afterRun.isEmpty }
}
