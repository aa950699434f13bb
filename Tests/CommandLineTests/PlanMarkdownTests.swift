import Fleet
import FleetFolders
import FleetLiterals
import Foundation
import Planning
import State
import TestSupport
import Testing

@testable import CommandLine

@Suite("A plan as Markdown")
struct PlanMarkdownTests {
  private static let cases = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Cases")

  private func expect(
    _ text: String, is name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let mismatch = try Golden.mismatch(text, with: Self.cases.appending(path: name))
    #expect(mismatch == nil, "\(mismatch ?? "")", sourceLocation: sourceLocation)
  }

  private func text(_ plan: Plan, _ caGenerations: [CAGeneration] = LargeFleet.caGenerations)
    -> String
  {
    PlanMarkdown(plan, caGenerations: caGenerations).text
  }

  @Test("has the groups of the text, and every diff", arguments: [3, 200])
  func golden(_ count: Int) throws {
    let text = text(LargeFleet.firstPlan(hosts: count))
    try expect(text, is: "first-\(count)-hosts.md")
    #expect(MarkdownOutline(text).problems.isEmpty)
  }

  @Test("has every kind of change")
  func sample() throws {
    let text = text(SamplePlan.plan, SamplePlan.caGenerations)
    try expect(text, is: "plan.md")
    #expect(MarkdownOutline(text).problems.isEmpty)
  }

  @Test("without changes is two lines")
  func settled() {
    var plan = SamplePlan.plan
    plan.hosts = plan.hosts.filter(\.isUnchanged)
    (plan.stages, plan.warnings) = ([], [])
    #expect(text(plan) == "### Plan for the fleet ` shop `\n\n**No changes.**\n")
  }

  @Test(
    "is at most as long as a comment may be, however much changes, and says what is left out",
    arguments: [1, 40, 200, 1000], [100, 3000, 100_000])
  func limit(_ hosts: Int, _ bytes: Int) throws {
    guard hosts * bytes <= 600_000 else { return }
    let text = text(HostilePlan.plan(hosts: hosts, bytes: bytes, seed: 1))
    #expect(text.utf8.count <= 65_536 && text.count <= 65_536)
    #expect(MarkdownOutline(text).problems.isEmpty)
    if hosts * bytes > 65_536 {
      #expect(text.utf8.count > 20_000, "\(text.utf8.count)")
      #expect(text.hasSuffix("`deploy plan` prints the whole plan._\n"))
    }
    // Each host is named, with its details or without, if names alone fit.
    if hosts <= 200 {
      for host in 1...hosts { #expect(text.contains("app-\(host) "), "app-\(host)") }
    }
  }

  @Test(
    "shows text of hosts and files in code only, whatever it is", arguments: 0..<60 as Range<UInt64>
  )
  func hostile(_ seed: UInt64) {
    let text = text(HostilePlan.plan(hosts: 3, bytes: 400, seed: seed))
    let problems = MarkdownOutline(text).problems
    #expect(problems.isEmpty, "\(problems)\n\(text)")
    #expect(!text.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" || $0 == "\r" })
  }

  @Test("the check of the outline finds what breaks out")
  func outline() {
    let text = text(SamplePlan.plan)
    for broken in [
      text + "@everyone\n", text + "```text\n", text + "<details>\n", text + "</details>\n",
      text.replacing("```text\n", with: "```text\n```\n@all\n```\n", maxReplacements: 1),
      text.replacing("<code>", with: "<code><b>", maxReplacements: 1),
      text.replacing("\n\n```text", with: "\n```text", maxReplacements: 1),
    ] { #expect(!MarkdownOutline(broken).problems.isEmpty, "\(broken)") }
  }
}

/// Plans whose texts try to be markup, and are different on each host.
private enum HostilePlan {
  private static let pieces = [
    "```", "````", "~~~", "</details>", "</code></summary>", "<script>alert(1)</script>",
    "@everyone", "#1",
    "`x`", "**b**", "![x](https://evil.example/p.png)", "\n", "\r\n", "\n\n```\n@all\n", "/close",
    "\u{202E}",
    "\u{1B}[2J", "&lt;", "\"", "\t", " ", "é", "| a | b |", "---", "$x$", "a",
  ]

  static func plan(hosts count: Int, bytes: Int, seed: UInt64) -> Plan {
    var random = SeededGenerator(seed: seed)
    func text(_ bytes: Int) -> String {
      var text = ""
      while text.utf8.count < bytes { text += pieces.randomElement(using: &random) ?? "" }
      return text
    }
    var plan = SamplePlan.plan
    let held = plan.hosts.first { $0.hold != nil } ?? plan.hosts[0]
    let changing = plan.hosts.first { $0.host == "app-3" } ?? plan.hosts[0]
    plan.hosts = (1...count).map { number in
      var host = number % 2 == 0 ? held : changing
      host.host = "app-\(number)"
      if number % 2 == 0 {
        host.outcome = .held(HostPlan.Hold(.blocked, [text(bytes)]))
      } else {
        var steps = host.steps
        steps[0].reasons = [text(bytes)]
        if let sequence = StepSequence(steps) { host.outcome = .steps(sequence) }
      }
      return host
    }
    plan.warnings = (0..<5).map { _ in text(bytes) }
    plan.stages = [Stage(name: text(100), batches: [plan.hosts.map(\.host)])]
    plan.hooks.beforeRun = [["sh", "-c", text(100)]]
    return plan
  }
}

/// Reads Markdown as far as these plans use it (CommonMark 0.31.2: 4.5 fences, 4.6 HTML blocks), and finds lines
/// that are neither in code nor written by the program.
private struct MarkdownOutline {
  private(set) var problems: [String] = []

  init(_ text: String) {
    var (fence, depth, isAfterEmptyLine) = (0, 0, true)
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let run = line.prefix { $0 == "`" }.count
      if fence > 0 {
        // A closing fence has nothing behind it.
        if run >= fence, line.dropFirst(run).allSatisfy({ $0 == " " }) { fence = 0 }
      } else if run >= 3 {
        fence = run
        if !isAfterEmptyLine || !["text", "diff"].contains(line.dropFirst(run)) {
          problems.append("\(index + 1): \(line)")
        }
      } else if line.hasPrefix("<details>") {
        depth += 1
        if !isAfterEmptyLine || !Self.isSummary(line) { problems.append("\(index + 1): \(line)") }
      } else if line == "</details>" {
        depth -= 1
        if depth < 0 || !isAfterEmptyLine { problems.append("\(index + 1): \(line)") }
      } else if !Self.isOwn(line) {
        problems.append("\(index + 1): \(line)")
      }
      isAfterEmptyLine = line.isEmpty
    }
    if fence > 0 || depth != 0 { problems.append("something is open at the end") }
  }

  private static func isSummary(_ line: Substring) -> Bool {
    line.wholeMatch(
      of: /<details><summary>(diff on )?<code>([^<>&"]|&(amp|lt|gt|quot);)*<\/code><\/summary>/)
      != nil
  }

  private static func isOwn(_ line: Substring) -> Bool {
    let patterns: [Regex<AnyRegexOutput>] = [
      Regex(/### Plan for the fleet ` shop `/), Regex(/\*\*(Plan: )?[a-zA-Z0-9, ]+\.?\*\*/),
      Regex(/Without details:/),
      Regex(/_This plan is shortened[a-z0-9 ,]*\. `deploy plan` prints the whole plan\._/),
    ]
    return line.isEmpty || patterns.contains { line.wholeMatch(of: $0) != nil }
  }
}
