import Diagnostics
import Fleet
import FleetFolders
import FleetLiterals
import Foundation
import State
import TestSupport
import Testing

@testable import CommandLine
@testable import Planning

@Suite("A plan as text and JSON")
struct PlanViewTests {
  private static let cases = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Cases")

  private func expect(
    _ text: String, is name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let mismatch = try Golden.mismatch(text + "\n", with: Self.cases.appending(path: name))
    #expect(mismatch == nil, "\(mismatch ?? "")", sourceLocation: sourceLocation)
  }

  private let view = PlanView(
    SamplePlan.plan, caGenerations: SamplePlan.caGenerations, suggestsMore: true)

  @Test("without a terminal, lines are not wrapped")
  func wide() throws {
    try expect(view.text(Style(isColored: false), width: nil).rendered, is: "plan.txt")
  }

  @Test("prose is wrapped at the terminal's width, diffs are not")
  func narrow() throws {
    let text = view.text(Style(isColored: false), width: 60).rendered
    try expect(text, is: "plan-60-columns.txt")
    let prose = text.prefix(upTo: try #require(text.firstRange(of: "\non app-1")?.lowerBound))
    #expect(prose.split(separator: "\n").allSatisfy { $0.count <= 60 })
  }

  @Test("a plan has the same text with and without colours")
  func colored() throws {
    let text = view.text(Style(isColored: true), width: nil).rendered
    try expect(text, is: "plan-colored.txt")
    #expect(
      text.replacing(/\u{1B}\[[0-9]+m/, with: "")
        == view.text(Style(isColored: false), width: nil).rendered)
  }

  @Test("a plan as JSON has the documented fields")
  func document() throws {
    let document = PlanDocument(SamplePlan.plan, caGenerations: SamplePlan.caGenerations)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let json = String(decoding: try encoder.encode(document), as: UTF8.self)
    try expect(json, is: "plan.json")
  }

  @Test("a certificate that replaces one of an earlier step says so, and its JSON has no serial")
  func replacedInTheSameRun() throws {
    var plan = SamplePlan.plan
    let index = try #require(plan.hosts.firstIndex { $0.host == "edge-1" })
    var steps = plan.hosts[index].steps
    let replaced = try #require(steps[0].certificates[0].replaced)
    steps[0].changeInstallation {
      $0.certificates[0].replaced = .issuedByThisRun(replaced.terms)
    }
    plan.hosts[index].outcome = .steps(try #require(StepSequence(steps)))
    let text = PlanView(plan, caGenerations: SamplePlan.caGenerations)
      .text(Style(isColored: false), width: nil).rendered
    #expect(
      text.contains(
        "replaces the one of \"Shop CA 1\" that an earlier step issues, which expires on"
          + " 2026-01-13\n"), "\(text)")
    let certificates = PlanDocument(plan).steps.flatMap(\.certificates)
    #expect(certificates.compactMap(\.replaces).map(\.serial) == [""])
  }

  @Test("in JSON, an unchanged host has the number of its current release")
  func presentRelease() throws {
    var plan = SamplePlan.plan
    let present = try #require(plan.steps.first?.present)
    for index in plan.hosts.indices where plan.hosts[index].isUnchanged {
      plan.hosts[index].outcome = .unchanged(present: present)
    }
    let unchanged = PlanDocument(plan).steps.filter { $0.action == "unchanged" }
    #expect(unchanged.map(\.release) == [present.number.value])
  }

  @Test("in JSON, release 0 means that deploy is removed from the host")
  func removal() throws {
    var plan = SamplePlan.plan
    var leaving = try #require(plan.hosts.first { $0.actions == [.remove] })
    var step = try #require(leaving.steps.first)
    step.needs = [.init(host: "app-9", goal: .removed), .init(host: "app-8", goal: nil)]
    leaving.outcome = .steps(StepSequence(step))
    plan.hosts = [leaving]
    let document = try #require(PlanDocument(plan).steps.first)
    #expect(document.release == 0 && document.stage == step.stage + 1)
    #expect(document.waitsFor.map(\.release) == [0, nil])
  }

  @Test("a plan without changes says so in one line")
  func settled() {
    var plan = SamplePlan.plan
    plan.hosts = plan.hosts.filter(\.isUnchanged)
    plan.stages = []
    plan.warnings = []
    #expect(
      PlanView(plan).text(Style(isColored: false), width: nil).rendered
        == "No changes. The fleet shop is as declared (1 host).")
  }

  @Test("a diff that is the same on many hosts is shown once, with all their names")
  func equalDiffs() throws {
    let text = view.text(Style(isColored: false), width: nil).rendered
    #expect(text.ranges(of: "+    root /srv/other;").count == 1)
    #expect(text.contains("\non app-1, app-3:\n"))
    #expect(!text.contains("firewall.nft\n@@"))
  }

  @Test("--diff shows a host's complete files, its firewall and steps, and no secret")
  func hostDiff() throws {
    for host in ["app-1", "app-2", "app-4", "edge-2"] {
      let view = try #require(HostDiffView(of: host, in: SamplePlan.plan))
      try expect(view.text(Style(isColored: false)).rendered, is: "diff-\(host).txt")
    }
    #expect(HostDiffView(of: "app-9", in: SamplePlan.plan) == nil)
  }
}
