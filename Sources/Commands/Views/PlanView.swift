import Planning
import State

/// A plan as a person or a program reads it.
struct PlanView {
  private let plan: Plan

  init(_ plan: Plan) { self.plan = plan }

  func print(as format: OutputFormat, isColored: Bool) throws {
    switch format {
    case .text: Console.output(text(Style(isColored: isColored)))
    case .json: try JSONText.print(PlanDocument(plan))
    }
  }

  private func text(_ style: Style) -> String {
    var lines = [style(summary, .bold)]
    lines += plan.warnings.map { style("warning: \($0)", .yellow) }
    for step in plan.steps where step.action != .unchanged {
      lines.append("")
      lines += self.lines(for: step, style)
    }
    for (diff, hosts) in diffs {
      lines += ["", style("on \(hosts.joined(separator: ", ")):", .dim), style.diff(diff)]
    }
    let order = plan.stages.map { stage in
      "\(stage.name): " + stage.batches.map { $0.joined(separator: " ") }.joined(separator: " | ")
    }
    if !order.isEmpty { lines += ["", "Order: " + order.joined(separator: "; then ")] }
    return lines.joined(separator: "\n")
  }

  private var summary: String {
    func count(_ action: Action) -> Int { plan.steps.count { $0.action == action } }
    let parts = [
      (count(.create), "to create"), (count(.change), "to change"),
      (count(.remove), "to remove"), (count(.restore), "to restore"),
      (count(.unchanged), "unchanged"),
      (count(.blocked), "blocked"), (count(.unreachable), "unreachable"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    let head = "Fleet \(plan.fleet), \(plan.steps.count) hosts: \(parts.joined(separator: ", "))."
    let isSettled = plan.steps.allSatisfy { $0.action == .unchanged }
    return isSettled ? head + " No changes." : head
  }

  private func lines(for step: HostStep, _ style: Style) -> [String] {
    let color: Style.Color =
      switch step.action {
      case .create: .green
      case .remove, .blocked, .unreachable: .red
      case .change, .restore, .unchanged: .yellow
      }
    let release =
      step.action.changesHost && step.release > 0 ? ", release \(step.release)" : ""
    var lines = [
      style("\(step.action.symbol) \(step.host)", color)
        + " (\(step.roles.joined(separator: " and ")), \(step.connection.address)\(release))"
    ]
    lines += step.reasons.map { "    because \($0)" }
    lines += step.certificates.map { certificate in
      let replaced = certificate.replaced.map {
        ", in place of \($0.serial.prefix(8))… until \($0.notAfter.date)"
      }
      return
        "    certificate \(certificate.path): for \(certificate.names.joined(separator: ", ")),"
        + " \(certificate.purpose.rawValue), \(certificate.key),"
        + " \(certificate.validFor / 86_400) days\(replaced ?? ""): \(certificate.reason)"
    }
    let listed = Set(step.certificates.flatMap { [$0.path, $0.keyPath] })
    lines += step.changes.filter { !listed.contains($0.path) }
      .map { "    \($0.kind.symbol) \($0.path)" }
    return lines
  }

  /// Each different diff once, with the hosts that have it.
  private var diffs: [(diff: String, hosts: [String])] {
    var order: [String] = []
    var hosts: [String: [String]] = [:]
    for step in plan.steps {
      for change in step.changes where !change.diff.isEmpty {
        if hosts[change.diff] == nil { order.append(change.diff) }
        hosts[change.diff, default: []].append(step.host)
      }
    }
    return order.map { ($0, hosts[$0] ?? []) }
  }
}
