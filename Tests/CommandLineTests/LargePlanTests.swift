import Diagnostics
import Execution
import Fleet
import FleetFolders
import FleetLiterals
import Foundation
import Planning
import TestSupport
import Testing

@testable import Application
@testable import CommandLine

@Suite("The text for fleets of equal hosts")
struct LargePlanTests {
  private static let first = [3, 40, 200].reduce(into: [Int: Plan]()) {
    $0[$1] = LargeFleet.firstPlan(hosts: $1)
  }
  private static let rotation = LargeFleet.rotation(hosts: 40)

  /// The plan and the summary of a run that carries it out, as they are on a terminal.
  private static func text(_ plan: Plan, width: Int, isColored: Bool) -> String {
    let style = Style(isColored: isColored)
    let plan = (plan, PlanView(plan, caGenerations: LargeFleet.caGenerations, suggestsMore: true))
    var results = Dictionary(
      plan.0.hosts.map { ($0.host, HostResult.confirmed(.release(1))) }, uniquingKeysWith: { $1 })
    results[plan.0.hosts[0].host] = .unchanged
    results[plan.0.hosts[plan.0.hosts.count - 1].host] = .unreachable(
      why: "port 22: connecting: no answer within 10 s")
    let summary = SummaryView(
      Summary(results: results), SSHTraffic(), time: .milliseconds(21_700))
    return plan.1.text(style, width: width).rendered + "\n"
      + summary.text(style, width: width).rendered + "\n"
  }

  private func expect(
    _ text: String, is name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Cases/\(name).txt")
    let mismatch = try Golden.mismatch(text, with: url)
    #expect(mismatch == nil, "\(mismatch ?? "")", sourceLocation: sourceLocation)
  }

  @Test(
    "is readable at both usual widths, with and without colours", arguments: [3, 40, 200],
    [80, 120])
  func golden(_ count: Int, _ width: Int) throws {
    let plan = try #require(Self.first[count])
    let plain = Self.text(plan, width: width, isColored: false)
    try expect(plain, is: "first-\(count)-hosts-\(width)-columns")
    let colored = Self.text(plan, width: width, isColored: true)
    try expect(colored, is: "first-\(count)-hosts-\(width)-columns-colored")
    #expect(colored.replacing(/\u{1B}\[[0-9;]+m/, with: "") == plain)
    #expect(plain.split(separator: "\n").allSatisfy { $0.count <= width })
  }

  @Test("a CA rotation is readable at both usual widths", arguments: [80, 120])
  func rotation(_ width: Int) throws {
    let text = Self.text(Self.rotation, width: width, isColored: false)
    try expect(text, is: "rotation-40-hosts-\(width)-columns")
  }

  @Test("fits on few screens: 60 lines for 200 new hosts, 100 for a CA rotation of 40 hosts")
  func limits() throws {
    let plain = Style(isColored: false)
    func lines(_ plan: Plan) -> Int {
      let view = PlanView(plan, caGenerations: LargeFleet.caGenerations, suggestsMore: true)
      return view.text(plain, width: 80).rendered.split(
        separator: "\n", omittingEmptySubsequences: false
      ).count
    }
    #expect(lines(try #require(Self.first[200])) <= 60)
    #expect(lines(Self.rotation) <= 100)
  }

  @Test("with -v, each host has a block with its address and whole lists")
  func verbose() throws {
    let plan = try #require(Self.first[40])
    let view = PlanView(plan, caGenerations: LargeFleet.caGenerations, showsEach: true)
    let text = view.text(Style(isColored: false), width: nil).rendered
    for host in plan.hosts {
      #expect(text.contains("+ \(host.host) (\(host.roles.names[0]), \(host.connection.address), "))
      #expect(text.contains(", 198.18.1.36 port 443") || text.contains("(198.18.1.36 port 443)"))
    }
    #expect(!text.contains(" more"))
  }
}
