import Fleet
import Planning

/// A plan in a few lines, for comparison.
struct PlanText {
  var showsDiffs = false

  func text(_ plan: Plan) -> String {
    (plan.hosts.flatMap(lines)
      + plan.stages.map { stage in
        "stage \(stage.name): "
          + stage.batches.map { $0.joined(separator: " ") }.joined(separator: " | ")
      }
      + plan.warnings.map { "warning: \($0)" })
      .map { $0 + "\n" }.joined()
  }

  private func lines(_ host: HostPlan) -> [String] {
    guard host.steps.isEmpty else { return host.plannedSteps.flatMap(lines) }
    return ["\(host.actions[0]) \(host.host) (\(host.roles.names.joined(separator: ", ")))"]
      + (host.hold?.reasons ?? []).map { "  because \($0)" }
  }

  private func text(_ goal: HostStep.Goal?) -> String {
    goal.map { String($0.release.orZero) } ?? "?"
  }

  private func lines(_ step: PlannedStep) -> [String] {
    let release = step.expected.map { String($0.release.orZero) } ?? "…"
    var heading =
      "\(step.action) \(step.host) (\(step.roles.names.joined(separator: ", ")))"
      + " \(release) -> \(step.goal.release.orZero)"
    if !step.ports.isEmpty {
      heading += " on \(step.ports.map(String.init).joined(separator: " "))"
    }
    let reasons =
      step.reasons.map { "  because \($0)" }
      + step.needs.map { "  needs \($0.host) at \(text($0.goal))" }
      + step.ways.map { way in
        "  needs for \(way.site) one of "
          + way.needs.map { "\($0.host) at \(text($0.goal))" }.joined(separator: ", ")
      }
    let certificates = step.certificates.map {
      "  issue \($0.path) as \($0.purpose) \($0.commonName) [\($0.names.joined(separator: " "))]"
        + " \($0.key) for \($0.validFor / 86_400)d"
    }
    return [heading] + reasons + certificates + step.changes.flatMap(lines)
  }

  private func lines(_ change: FileChange) -> [String] {
    let line = "  \(change.kind.symbol) \(change.path)"
    guard showsDiffs else { return [line] }
    return [line] + (change.diff ?? "").split(separator: "\n").map { "      \($0)" }
  }
}
