import Diagnostics
import Fleet
import Planning

/// How a plan is carried out, as lines of the plan's text: the stages and batches, and what the playbook adds.
struct RolloutLines {
  let plan: Plan
  /// Whether all batches and all hosts of a batch are listed.
  let showsAll: Bool

  func add(to page: inout Page) {
    guard plan.changesHosts else { return }
    page.add("Order", .bold)
    let most = showsAll ? Int.max : 10
    for (index, stage) in plan.stages.enumerated() where !stage.batches.isEmpty {
      let batches = stage.batches.prefix(most).map { $0.listed(separator: " ", most: most) }
      let rest = stage.batches.count - batches.count
      page.add(
        "\(index + 1). \(stage.name): \(batches.joined(separator: ", then "))"
          + (rest > 0 ? ", then \(rest) more batches" : ""), indent: 2)
    }
    page.add(
      "Every host validates its release before any host switches. A host that is not confirmed within"
        + " \(plan.confirmWithin) s rolls back automatically. The run stops if the change fails on"
        + " \(plan.maxFailures == 0 ? "any host" : "more than \(plan.maxFailures) hosts").",
      indent: 2, hanging: 0)
    for sentence in playbookSentences { page.add(sentence, indent: 2, hanging: 0) }
    page.addEmptyLine()
  }

  private var playbookSentences: [String] {
    func commands(_ commands: [[String]], _ when: String) -> String? {
      commands.isEmpty
        ? nil
        : "On the controller, \(when): "
          + commands.map { $0.joined(separator: " ") }.joined(separator: "; ") + "."
    }
    return [
      plan.verifiesEdges
        ? "The edges of each batch are tested before the next batch begins. If an edge fails, the batch is"
          + " rolled back." : nil,
      plan.revertsAll
        ? "If the run stops, all hosts that it has changed are rolled back, the last ones first."
        : nil,
      commands(plan.hooks.beforeRun, "before the run"),
      commands(plan.hooks.beforeHost, "before each transaction"),
      commands(plan.hooks.afterHost, "after each transaction"),
      commands(plan.hooks.afterRun, "after the run"),
    ].compactMap(\.self)
  }
}
