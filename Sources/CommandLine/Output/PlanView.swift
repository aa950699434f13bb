import Diagnostics
import Fleet
import Planning
import State

/// The output of `deploy plan`, and what `deploy apply` shows before it asks: a plan as text or
/// JSON.
struct PlanView {
  private let plan: Plan
  /// The CA generations of the fleet, oldest first; the last one signs.
  private let caGenerations: [CAGeneration]
  /// Whether the text names the command that shows complete files, as `deploy plan` does.
  private let suggestsDiff: Bool

  init(_ plan: Plan, caGenerations: [CAGeneration] = [], suggestsDiff: Bool = false) {
    self.plan = plan
    self.caGenerations = caGenerations
    self.suggestsDiff = suggestsDiff
  }

  func print(as format: OutputFormat, _ style: Style) throws {
    switch format {
    case .text: Console.output(text(style, width: Console.outputWidth))
    case .json: try JSONText.print(PlanDocument(plan, caGenerations: caGenerations))
    }
  }

  /// The summary, warnings, the order of changes, a block for each host, and the diffs.
  ///
  /// - Parameter width: columns at which prose is wrapped, but not diffs; nil for no wrapping.
  func text(_ style: Style, width: Int?) -> StyledText {
    var page = Page(style, width: width)
    page.add(summary, .bold)
    if !plan.warnings.isEmpty { page.addEmptyLine() }
    for warning in plan.warnings { page.add("warning: \(warning)", .yellow) }
    addOrder(to: &page)
    let blocks = HostBlocks(plan, caGenerations: caGenerations)
    for host in plan.hosts where !host.isUnchanged {
      page.addEmptyLine()
      blocks.add(host, to: &page)
    }
    for (diff, hosts) in diffs {
      page.addEmptyLine()
      page.add("on \(hosts.joined(separator: ", ")):", .dim)
      page.addUnwrapped(style.diff(diff.withoutEmptyEnd))
    }
    if suggestsDiff, plan.steps.contains(where: { !$0.changes.isEmpty }) {
      page.addEmptyLine()
      page.add("\"deploy plan --diff <host>\" shows all files of a host and its firewall.", .dim)
    }
    return page.text
  }

  /// One line with the number of hosts for each action.
  private var summary: String {
    var hosts: [Action: Set<HostName>] = [:]
    for host in plan.hosts {
      for action in host.actions { hosts[action, default: []].insert(host.host) }
    }
    // A new host counts only as that, even if its second step changes the result of the first one.
    if let created = hosts[.create] { hosts[.change]?.subtract(created) }
    if let removed = hosts[.remove] { hosts[.change]?.subtract(removed) }
    let words: [(Action, String)] = [
      (.create, "to create"), (.change, "to change"), (.remove, "to remove"),
      (.restore, "to restore"), (.unchanged, "unchanged"), (.blocked, "blocked"),
      (.unreachable, "unreachable"),
    ]
    let parts = words.compactMap { action, word in
      hosts[action].flatMap { $0.isEmpty ? nil : "\($0.count) \(word)" }
    }
    let count = plan.hosts.count
    let head =
      "Fleet \(plan.fleet), \(count) \(count == 1 ? "host" : "hosts")"
      + (parts.isEmpty ? "." : ": \(parts.joined(separator: ", ")).")
    let isSettled = plan.hosts.allSatisfy(\.isUnchanged)
    return isSettled ? head + " No changes." : head
  }

  /// Adds the stages with their batches, and how the playbook treats failures; nothing if the plan
  /// has no changes.
  private func addOrder(to page: inout Page) {
    guard plan.hasChanges else { return }
    page.addEmptyLine()
    page.add("Order", .bold)
    for (index, stage) in plan.stages.enumerated() where !stage.batches.isEmpty {
      let most = 10
      let batches = stage.batches.prefix(most).map { $0.map(\.text).shortList(separator: " ") }
      let rest = stage.batches.count - most
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
  }

  /// What the playbook adds to a run: tests of edges, rollback of all hosts, and hooks.
  private var playbookSentences: [String] {
    func commands(_ commands: [[String]], _ when: String) -> String? {
      commands.isEmpty
        ? nil
        : "On the controller, \(when) each transaction: "
          + commands.map { $0.joined(separator: " ") }.joined(separator: "; ") + "."
    }
    return [
      plan.verifiesEdges
        ? "The edges of each batch are tested before the next batch begins. If an edge fails, the batch is"
          + " rolled back." : nil,
      plan.revertsAll
        ? "If the run stops, all hosts that it has changed are rolled back, the last ones first."
        : nil,
      commands(plan.hooks.beforeHost, "before"), commands(plan.hooks.afterHost, "after"),
    ].compactMap(\.self)
  }

  /// Each distinct diff of a changed file, with the hosts that have it. New and removed files, and
  /// firewalls, are described in the blocks of the hosts.
  private var diffs: [(diff: String, hosts: [HostName])] {
    var order: [String] = []
    var hosts: [String: [HostName]] = [:]
    for step in plan.steps {
      for change in step.changes
      where change.kind == .change && !change.diff.isEmpty && !change.isOfFirewall {
        if hosts[change.diff] == nil { order.append(change.diff) }
        if hosts[change.diff]?.last != step.host {
          hosts[change.diff, default: []].append(step.host)
        }
      }
    }
    return order.map { ($0, hosts[$0] ?? []) }
  }
}
