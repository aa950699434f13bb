import Diagnostics
import Fleet
import Planning
import State

/// A plan as text or JSON. In the text, what a reader has to decide on comes last: the warnings and the summary.
struct PlanView {
  private let plan: Plan
  /// The CA generations of the fleet, oldest first; the last one signs.
  private let caGenerations: [CAGeneration]
  /// Whether the text has a block for each host and whole lists, instead of groups of equal hosts.
  private let showsEach: Bool
  /// Whether the text names the options that show more, as `deploy plan` does.
  private let suggestsMore: Bool

  init(
    _ plan: Plan, caGenerations: [CAGeneration] = [], showsEach: Bool = false,
    suggestsMore: Bool = false
  ) {
    self.plan = plan
    self.caGenerations = caGenerations
    self.showsEach = showsEach
    self.suggestsMore = suggestsMore
  }

  func print(as format: OutputFormat, _ style: Style) throws {
    switch format {
    case .text: Console.output(text(style, width: Console.outputWidth))
    case .json: try JSONText.print(PlanDocument(plan, caGenerations: caGenerations))
    }
  }

  /// - Parameter width: columns at which prose is wrapped, but not diffs; nil for no wrapping.
  func text(_ style: Style, width: Int?) -> StyledText {
    var page = Page(style, width: width)
    let groups = HostGroup.all(of: plan, eachAlone: showsEach)
    let blocks = HostBlocks(plan, caGenerations: caGenerations, showsAll: showsEach)
    for group in groups {
      blocks.add(group, to: &page)
      page.addEmptyLine()
    }
    for diff in EqualDiffs.all(of: plan) {
      page.add("on \(diff.hosts.listed(most: blocks.most))\(diff.remark):", .dim)
      page.addUnwrapped(style.diff(diff.text.withoutEmptyEnd))
      page.addEmptyLine()
    }
    OrderLines(plan: plan).add(to: &page)
    addSuggestions(groups, to: &page)
    RolloutLines(plan: plan, showsAll: showsEach).add(to: &page)
    for warning in plan.warnings { page.add("warning: \(warning)", .yellow) }
    if !plan.warnings.isEmpty { page.addEmptyLine() }
    page.add(PlanSummary(plan).text, .bold)
    return page.text
  }

  private func addSuggestions(_ groups: [HostGroup], to page: inout Page) {
    guard suggestsMore else { return }
    var lines: [String] = []
    if groups.contains(where: { !$0.isSingle }) {
      lines.append("\"deploy plan -v\" shows each host alone, with its address and all names.")
    }
    if plan.steps.contains(where: { !$0.changes.isEmpty }) {
      lines.append("\"deploy plan --diff <host>\" shows all files of a host and its firewall.")
    }
    for line in lines { page.add(line, .dim) }
    if !lines.isEmpty { page.addEmptyLine() }
  }
}
