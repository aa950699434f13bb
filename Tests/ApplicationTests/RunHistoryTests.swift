import Execution
import FleetFolders
import FleetLiterals
import Foundation
import Planning
import State
import StateStores
import TestSupport
import Testing

@testable import Application

extension TestFleet {
  /// The runs of the fleet, newest first.
  func runs() async throws -> [RunRecord] {
    try await Workspace.open(location, FakeInteraction()).history.runs(newest: nil).runs
  }
}

@Suite("The history of a fleet's runs, without a terminal")
struct RunHistoryTests {
  private func standing(_ fleet: TestFleet) async throws -> [RunStanding] {
    let user = FakeInteraction()
    return try await ShowHistory(Workspace.open(fleet.location, user), user).runs(atMost: 9).list
      .map(\.standing)
  }

  @Test("has who applied what, the plan, and the result of each host")
  func applied() async throws {
    let fleet = try await TestFleet()
    let user = FakeInteraction()
    let run = try await fleet.run(user)
    _ = try await ApplyPlan(run).apply()
    let record = try #require(try await fleet.runs().first)
    #expect(record.id == run.recorder.id && record.start.fleet == "shop")
    #expect(record.start.command == ["apply", "--yes"] && record.start.version == "0.1.0")
    #expect(record.start.who == Workspace.user && record.start.process.id == getpid())
    #expect(record.plan?.lines == ["change app-1", "change edge-1", "Plan: 2 hosts."])
    #expect(record.plan?.summary == "Plan: 2 hosts." && record.plan?.digest.utf8.count == 64)
    let end = try #require(record.end)
    #expect(end.exit == 0 && end.failure == nil)
    #expect(
      end.results == [
        RunResult(host: "app-1", result: "confirmed", detail: "release 1"),
        RunResult(host: "edge-1", result: "confirmed", detail: "release 1"),
      ])
    #expect(user.seen.warnings.isEmpty)
    // The creation of the CA came before.
    #expect(try await fleet.runs().count == 2)
  }

  @Test("names a saved plan by the digest in its first line")
  func savedPlan() async throws {
    let fleet = try await TestFleet()
    let user = FakeInteraction()
    let saved = try await PlanFleet(fleet.run(user)).proposal(isOffline: false).saved
    let path = fleet.home.path + "/shop.plan"
    try saved.write(to: path)
    var scope = try RunScope()
    try scope.restrict(to: SavedPlan.read(path))
    _ = try await ApplyPlan(fleet.run(user, scope)).apply()
    let digest = try #require(try await fleet.runs().first?.plan?.digest)
    #expect(try String(contentsOfFile: path, encoding: .utf8).contains("\"sha256\":\"\(digest)\""))
  }

  @Test("has no run whose plan was not approved, or that found the state locked")
  func notBegun() async throws {
    let fleet = try await TestFleet()
    let before = try await fleet.runs().count
    let refused = await #expect(throws: Failure.self) {
      try await ApplyPlan(fleet.run(FakeInteraction(saysYes: false))).apply()
    }
    #expect(refused?.kind == .failed)
    let run = try await fleet.run(FakeInteraction())
    try await run.workspace.whileLocked(for: "a test") {
      _ = await #expect(throws: (any Error).self) { try await ApplyPlan(run).apply() }
    }
    #expect(try await fleet.runs().count == before)
  }

  @Test("has a run that failed, with the reason")
  func failed() async throws {
    let fleet = try await TestFleet()
    await #expect(throws: (any Error).self) {
      try await ApplyPlan(fleet.run(FakeInteraction(passphrase: "mistyped"))).apply()
    }
    let end = try #require(try await fleet.runs().first?.end)
    #expect(end.exit == 1 && end.results.isEmpty)
    #expect(end.failure?.contains("the passphrase is wrong") == true, "\(end)")
  }

  @Test("has the changes of the CA that need no host")
  func withoutPlan() async throws {
    let fleet = try await TestFleet()
    // Within the second in which it was created, the CA would not expire later.
    let longer = fleet.home.inventory.replacing("valid_for: 10y", with: "valid_for: 11y")
    #expect(longer != fleet.home.inventory)
    try fleet.home.write(longer, to: "shop.yml")
    let user = FakeInteraction()
    _ = try await ChangeCA(Workspace.open(fleet.location, user), user).renew(generation: nil)
    let runs = try await fleet.runs()
    #expect(runs.count == 2 && runs.allSatisfy { $0.end?.exit == 0 && $0.plan == nil })
  }

  @Test("that cannot be written stops no run, and is one warning")
  func notWritable() async throws {
    let fleet = try await TestFleet()
    let path = fleet.home.path + "/shop.runs.jsonl"
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    let user = FakeInteraction()
    #expect(try await ApplyPlan(fleet.run(user)).apply().isSuccess)
    #expect(user.seen.warnings.count == 1, "\(user.seen.warnings)")
    #expect(
      user.seen.warnings.first?.hasPrefix(
        "this run is not recorded in the history, and continues: \(path): cannot be appended to")
        == true, "\(user.seen.warnings)")
  }

  @Test("says of a run without an end whether its process is still there")
  func killed() async throws {
    let fleet = try await TestFleet()
    try FileManager.default.removeItem(atPath: fleet.home.path + "/shop.runs.jsonl")
    let history = RunHistoryFile(forState: fleet.statePath)
    let own = RunOrigin(command: ["apply"], version: "1")
    func begin(_ id: String, _ change: (inout RunStart) -> Void) throws {
      var start = own.start(of: try #require(RunID(id)), fleet: "shop")
      change(&start)
      try history.append(.begun(start))
    }
    try begin("20261123-062801-bbbb") { _ in }
    #expect(try await standing(fleet) == [.running])
    // The number was used again, by this process.
    try begin("20261123-062802-bbbb") { $0.process.start? += "0" }
    try begin("20261123-062803-bbbb") { $0.process.id = .max }
    try begin("20261123-062804-bbbb") { $0.machine = "elsewhere" }
    try begin("20261123-062805-bbbb") { $0.process.start = "0123.5" }
    #expect(try await standing(fleet) == [.notEnded, .notEnded, .killed, .killed, .running])
  }

  @Test("finds a run by the beginning or the last part of its name, if there is one")
  func lookup() async throws {
    let fleet = try await TestFleet()
    _ = try await ApplyPlan(fleet.run(FakeInteraction())).apply()
    let user = FakeInteraction()
    let history = ShowHistory(try await Workspace.open(fleet.location, user), user)
    let id = try #require(try await fleet.runs().first?.id)
    #expect(try await history.run(String(id.text.suffix(4))).list.map(\.record.id) == [id])
    #expect(try await history.runs(atMost: 1).list.map(\.record.id) == [id])
    for (text, words) in [("x", "no run in"), ("2", "2 runs have a name")] {
      let failure = await #expect(throws: Failure.self) { try await history.run(text) }
      #expect(failure?.kind == .usage && failure?.message?.contains(words) == true, "\(text)")
    }
  }
}
