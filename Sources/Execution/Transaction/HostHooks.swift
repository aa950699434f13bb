import Fleet
package import Planning

/// Runs the playbook's commands around each host's transaction.
package struct HostHooks: Sendable {
  private let hooks: PlannedHooks
  private let fleet: String
  private let runner: any HookRunner
  private let report: @Sendable (ProgressEvent) -> Void

  package init(
    _ hooks: PlannedHooks, fleet: String, runner: any HookRunner,
    report: @escaping @Sendable (ProgressEvent) -> Void
  ) {
    self.hooks = hooks
    self.fleet = fleet
    self.runner = runner
    self.report = report
  }

  /// Runs the `before_host` commands up to the first failure; returns the host's result if one fails.
  ///
  /// A failed hook would most likely fail for the next host too, so it counts as a failure of the change.
  package func before(_ step: PlannedStep) async -> HostResult? {
    for words in hooks.beforeHost {
      switch await run(words, step, environment(of: step)) {
      case .succeeded: continue
      case .failed(let why):
        return .refused(
          Refusal(cause: .change, why: "the hook before_host \(name(of: words)) \(why)"))
      case .interrupted: return .notAttempted(why: HostResult.stoppedBefore)
      }
    }
    return nil
  }

  /// Runs all `after_host` commands, for each host for which `before` was called, with any result; failures
  /// are reported as warnings.
  package func after(_ step: PlannedStep, _ result: HostResult) async {
    var environment = environment(of: step)
    environment["DEPLOY_RESULT"] = result.name
    for words in hooks.afterHost {
      switch await run(words, step, environment) {
      case .succeeded: continue
      case .failed(let why):
        report(
          .warned(host: step.host, "the hook after_host \(name(of: words)) \(why)"))
      case .interrupted:
        report(
          .warned(
            host: step.host,
            "the hook after_host \(name(of: words)) was interrupted; the hooks after it did not run"
          ))
        return
      }
    }
  }

  private func run(
    _ words: [String], _ step: PlannedStep, _ environment: [String: String]
  ) async -> HookEnding {
    await runner.run(words, environment: environment, withinSeconds: hooks.timeout) {
      [report] line in report(.hookSaid(host: step.host, line))
    }
  }

  private func environment(of step: PlannedStep) -> [String: String] {
    [
      "DEPLOY_FLEET": fleet, "DEPLOY_HOST": step.host.text,
      "DEPLOY_ADDRESS": "\(step.connection.address)",
      "DEPLOY_RELEASE": String(step.goal.release.orZero),
    ]
  }

  private func name(of words: [String]) -> String { "\"\(words.joined(separator: " "))\"" }
}
