import Diagnostics
import Fleet
import Planning
import State

/// A plan as Markdown, for a comment of a pull request: what a reviewer has to see is open, and each group of
/// hosts, the diffs and the order can be opened. All text of others is in code, so nothing in it is markup.
///
/// GitHub takes 65,536 characters. A longer plan loses lines, then sections, and says so at its end.
struct PlanMarkdown {
  /// Bytes, of which there are at least as many as characters.
  static let limit = 65_536
  /// The most bytes of one section beside others, of all warnings, of one of them, and of the list of hosts
  /// without details.
  private static let (mostOfSection, mostOfWarnings, mostOfWarning, mostOfNames) = (
    16_000, 12_000, 2000, 16_000
  )
  /// Bytes of the sentence at the end that says what is left out, and of the heading of the list of names.
  private static let mostOfNote = 600

  private let plan: Plan
  private let caGenerations: [CAGeneration]
  private let blocks: HostBlocks

  init(_ plan: Plan, caGenerations: [CAGeneration] = []) {
    self.plan = plan
    self.caGenerations = caGenerations
    blocks = HostBlocks(plan, caGenerations: caGenerations)
  }

  var text: String {
    var parts = [beginning]
    let ending = [certificates, order].compactMap { $0.flatMap(Self.fitted) }
    var left =
      Self.limit - Self.mostOfNote - (parts + ending).map { $0.utf8.count + 1 }.reduce(0, +)
    var (isShortened, missing) = (false, [String]())

    /// Adds what fits of a section; false if nothing does.
    func add(_ section: MarkdownSection, within bytes: Int, besides others: Int) -> Bool {
      let most = min(bytes, max(Self.mostOfSection, bytes / (others + 1)))
      var text: String? = section.whole
      if let whole = text, whole.utf8.count > most {
        (text, isShortened) = (section.shortened(to: most), true)
      }
      guard let text else { return false }
      parts.append(text)
      left -= text.utf8.count + 1
      return true
    }

    let (groups, diffs) = (groups, diffs)
    var reserved = groups.map { $0.title.utf8.count + 1 }.reduce(0, +)
    for (index, group) in groups.enumerated() {
      // The titles of all groups that have no details, or may get none.
      let titles = min(reserved, Self.mostOfNames)
      let others = groups.count - index - 1 + (diffs.isEmpty ? 0 : 1)
      if add(group, within: left - titles, besides: others) {
        reserved -= group.title.utf8.count + 1
      } else {
        missing.append(group.title)
      }
    }
    left -= min(missing.map { $0.utf8.count + 1 }.reduce(0, +), Self.mostOfNames)
    let omitted = zip(diffs, diffs.indices).count {
      !add($0, within: left, besides: diffs.count - $1 - 1)
    }
    return
      (parts + Self.listed(missing) + ending
      + note(isShortened, names: missing.count, diffs: omitted)).joined(separator: "\n")
  }

  // MARK: - Parts

  /// The summary and the warnings.
  private var beginning: String {
    let summary =
      plan.hasChanges || !plan.hosts.allSatisfy(\.isUnchanged)
      ? PlanSummary(plan).text : "No changes."
    var text = "### Plan for the fleet \(MarkdownText.span(plan.fleet))\n\n**\(summary)**\n"
    guard !plan.warnings.isEmpty else { return text }
    var (lines, size) = ([String](), 0)
    for warning in plan.warnings {
      let warning = StyledText(warning).rendered.shortened(to: Self.mostOfWarning / 4)
      // The most important ones are first.
      size += warning.utf8.count + 1
      guard size <= Self.mostOfWarnings else { break }
      lines.append(warning)
    }
    let rest = plan.warnings.count - lines.count
    if rest > 0 { lines.append("… \(rest.counting("more warning"))") }
    text += "\n**\(plan.warnings.count.counting("warning"))**\n\n" + MarkdownText.fence(lines)
    return text
  }

  private var groups: [MarkdownSection] {
    HostGroup.all(of: plan).map { group in
      let lines = Self.lines { blocks.add(group, to: &$0) }
      return MarkdownSection(title: lines[0], lines: Array(lines.dropFirst()))
    }
  }

  private var diffs: [MarkdownSection] {
    EqualDiffs.all(of: plan).map { diff in
      MarkdownSection(
        title: diff.hosts.listed(most: blocks.most) + diff.remark, label: "diff on ",
        lines: Self.split(diff.text.withoutEmptyEnd), language: "diff")
    }
  }

  private var certificates: MarkdownSection? {
    section { OrderLines(plan: plan).add(to: &$0) }
  }

  private var order: MarkdownSection? {
    section { RolloutLines(plan: plan, showsAll: false).add(to: &$0) }
  }

  /// A section whose first line is its title; nil if there are no lines.
  private func section(_ add: (inout Page) -> Void) -> MarkdownSection? {
    let lines = Self.lines(add)
    guard let title = lines.first, !title.isEmpty else { return nil }
    return MarkdownSection(title: title, lines: Array(lines.dropFirst()))
  }

  /// Hosts whose details are left out.
  private static func listed(_ names: [String]) -> [String] {
    var (lines, size) = ([String](), 0)
    for name in names {
      size += name.utf8.count + 1
      guard size <= mostOfNames - 100 else { break }
      lines.append(name)
    }
    guard !names.isEmpty else { return [] }
    let rest = names.count - lines.count
    if rest > 0 { lines.append("… \(rest.counting("more block"))") }
    return ["Without details:\n\n" + MarkdownText.fence(lines)]
  }

  private func note(_ isShortened: Bool, names: Int, diffs: Int) -> [String] {
    guard isShortened else { return [] }
    var missing: [String] = []
    if names > 0 { missing.append("the details of \(names.counting("block")) of hosts") }
    if diffs > 0 { missing.append(diffs.counting("diff")) }
    let what = missing.isEmpty ? "" : ", without \(missing.joined(separator: " and ")),"
    return ["_This plan is shortened\(what) for a comment. `deploy plan` prints the whole plan._\n"]
  }

  // MARK: - Lines

  private static func fitted(_ section: MarkdownSection) -> String? {
    let most = mostOfSection / 2
    return section.whole.utf8.count <= most ? section.whole : section.shortened(to: most)
  }

  /// Lines that a view adds to a page, without empty ones at the end.
  private static func lines(_ add: (inout Page) -> Void) -> [String] {
    var page = Page(Style(isColored: false), width: nil)
    add(&page)
    var lines = split(page.text.rendered)
    while lines.last?.isEmpty == true, lines.count > 1 { lines.removeLast() }
    return lines
  }

  private static func split(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}
