import Application
import Execution
import FleetFolders
import FleetLiterals
import Foundation
import Planning
import State
import Synchronization
import Testing

@Suite("The state during a run")
struct StateJournalTests {
  private struct Broken: Error {}

  /// The state's files at some moment.
  private struct Files: Equatable {
    var json: Data?
    var journal: Data?

    init(of fleet: TestFleet) { self.init(at: fleet.home.path) }

    init(at folder: String) {
      json = FileManager.default.contents(atPath: folder + "/shop.state.json")
      journal = FileManager.default.contents(atPath: folder + "/shop.state.journal")
    }

    func write(to fleet: TestFleet) throws {
      try json?.write(to: URL(filePath: fleet.statePath))
      try journal?.write(to: URL(filePath: fleet.home.path + "/shop.state.journal"))
    }
  }

  /// A fleet with the files that a run leaves if it is killed after it has recorded a manifest.
  private func interrupted(
    after: (any Error)? = nil
  ) async throws -> (fleet: TestFleet, left: Files) {
    let left = Mutex(Files(at: "/nowhere"))
    let path = Mutex("")
    let fleet = try await TestFleet(
      FakeFleet { means in
        let before = Files(at: path.withLock(\.self))
        await means.keeper.settle("a0", on: "app-1")
        async let one: Void = means.keeper.expect("a1", fromSerial: 1, on: "app-1")
        async let other: Void = means.keeper.expect("a2", fromSerial: 1, on: "edge-1")
        _ = try await (one, other)
        let now = Files(at: path.withLock(\.self))
        #expect(now.json == before.json && before.journal == nil && now.journal != nil)
        left.withLock { $0 = now }
        if let after { throw after }
      })
    path.withLock { $0 = fleet.home.path }
    do {
      _ = try await ApplyPlan(fleet.run(FakeInteraction())).apply()
      #expect(after == nil)
    } catch {
      #expect(error is Broken && after != nil)
    }
    return (fleet, left.withLock(\.self))
  }

  @Test("is in a journal, and in its file when the run ends", arguments: [false, true])
  func ends(withError: Bool) async throws {
    let (fleet, left) = try await interrupted(after: withError ? Broken() : nil)
    let end = Files(of: fleet)
    #expect(end.journal == nil && end.json != left.json)
    let state = try await fleet.state()
    #expect(state.manifests["app-1"]?.digests == ["a1"])
    #expect(state.manifests["edge-1"]?.digests == ["a2"])
    // Both were written together: the file as it was before, and one record.
    #expect(state.serial == 2)
  }

  @Test("is shown by a plan after a kill, which writes nothing; the next run moves the journal")
  func leftover() async throws {
    let (fleet, left) = try await interrupted()
    let state = try await fleet.state()
    try left.write(to: fleet)
    #expect(try await fleet.state() == state)
    let user = FakeInteraction()
    let proposal = try await PlanFleet(fleet.run(user)).proposal(isOffline: false)
    #expect(proposal.saved.approved.serial == state.serial)
    #expect(Files(of: fleet) == left)
    // Moving the journal does not change the state: the plan is still valid.
    try await fleet.run(user).workspace.whileLocked(for: "a test") {}
    let moved = Files(of: fleet)
    #expect(moved.journal == nil && moved.json != left.json)
    #expect(try await fleet.state() == state)
    var scope = try RunScope()
    try scope.restrict(to: proposal.saved)
    #expect(throws: Never.self) { try left.write(to: fleet) }
    #expect(try await ApplyPlan(fleet.run(user, scope)).apply().isSuccess)
  }

  @Test("that is only held is not written if the user does not approve the plan")
  func refused() async throws {
    let (fleet, left) = try await interrupted()
    try left.write(to: fleet)
    let state = try await fleet.state()
    await #expect(throws: Failure.self) {
      try await ApplyPlan(fleet.run(FakeInteraction(saysYes: false))).apply()
    }
    #expect(try await fleet.state() == state && Files(of: fleet).journal == nil)
  }
}
