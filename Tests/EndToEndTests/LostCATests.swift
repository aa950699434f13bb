import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "A lost CA folder that is made again costs no request", .serialized,
  .requires(isRoot, "namespaces need root"))
struct LostCATests {
  private func loseCA(_ scene: Scene) async throws {
    try FileManager.default.removeItem(atPath: scene.folder + "/shop.ca")
    try await scene.succeed("ca", "create")
  }

  /// That every host trusts one generation, the same, which is not the one before.
  private func expectMoved(
    from before: Set<String>, _ scene: Scene, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    var all: Set<Set<String>> = []
    for host in RotationScene.hosts { all.insert(try await scene.trusted(by: host)) }
    #expect(all.count == 1 && all.first?.count == 1, "\(all)", sourceLocation: sourceLocation)
    #expect(all.first?.isDisjoint(with: before) == true, sourceLocation: sourceLocation)
    #expect(try await scene.deploy("verify").status == 0, sourceLocation: sourceLocation)
    try await scene.expectNoChanges(sourceLocation: sourceLocation)
  }

  @Test("the old generation is kept until all hosts have moved, and then phased out")
  func folder() async throws {
    try await RotationScene.play { scene in
      let before = try await scene.trusted(by: "app-1")
      let visitors = try Visitors(scene, RotationScene.frontEnds)
      try await loseCA(scene)
      let applied = try await scene.succeed(
        "apply", "--yes", "--playbook", scene.writeQuickPlaybook())
      try await visitors.expectNoFailure("a CA folder that was made again")
      for words in [
        "accept both the old and the new CA", "clean-up",
        "no longer accepts certificates of \"Shop Certification Center\",",
      ] {
        #expect(applied.stdout.contains(words), "\(applied.all)")
      }
      try await expectMoved(from: before, scene)
      try await scene.expectRotated(to: 2, keepingKey: false, isArchived: false)
    }
  }

  @Test("unreachable hosts keep the old generation trusted for all others")
  func absentHost() async throws {
    try await RotationScene.play { scene in
      let before = try await scene.trusted(by: "app-1")
      let visitors = try Visitors(scene, RotationScene.frontEnds)
      try await loseCA(scene)
      try await scene.sandbox.stopSSH(on: "app-4")
      let playbook = try scene.writeQuickPlaybook()
      let first = try await scene.deploy("apply", "--yes", "--playbook", playbook)
      #expect(first.status == 1, "\(first.all)")
      for host in ["edge-1", "edge-2"] {
        #expect(try await scene.trusted(by: host).isSuperset(of: before), "\(host)")
      }
      try await scene.sandbox.startSSH(on: "app-4")
      try await scene.succeed("apply", "--yes", "--playbook", playbook)
      try await visitors.expectNoFailure("a CA folder that was made again, with a host away")
      try await expectMoved(from: before, scene)
    }
  }

  @Test("if the state is lost too, hosts' claims are shown, and accepted only with --yes")
  func stateAndKey() async throws {
    try await RotationScene.play { scene in
      let thief = try await StolenIdentity(of: "edge-2", scene)
      try await scene.succeed("revoke", "edge-2", "--yes")
      let before = try await scene.trusted(by: "app-1")
      let visitors = try Visitors(scene, RotationScene.frontEnds)
      try await loseCA(scene)
      try scene.removeState()
      // One host of six also lies.
      let forged = try await scene.on(
        "app-2",
        "sed -i 's/^made .*/made 2036-01-01T00:00:00Z mallory@nowhere/' /etc/deploy/current/manifest"
      )
      #expect(forged.status == 0, "\(forged.all)")

      let stopped = try await scene.deploy("apply", "--yes")
      #expect(stopped.status == 1 && stopped.all.contains("deploy state rebuild"), "\(stopped.all)")
      let asked = try await scene.deploy("state", "rebuild")
      #expect(asked.status == 1 && asked.stderr.contains("--yes"), "\(asked.all)")
      for host in ["app-1", "edge-1"] {
        let claim = try Regex("\(host): release \\d+ by [^ ]+@[^ ]+, .*, signed by the unknown key")
        #expect(asked.stderr.contains(claim), "\(asked.all)")
      }
      #expect(!asked.all.contains("mallory"), "\(asked.all)")
      #expect(!FileManager.default.fileExists(atPath: scene.statePath))

      let rebuilt = try await scene.succeed("state", "rebuild", "--yes")
      #expect(
        rebuilt.stdout.contains(
          "not added: app-2: its manifest was changed after it was signed"),
        "\(rebuilt.all)")
      try await scene.succeed("apply", "--yes", "--playbook", scene.writeQuickPlaybook())
      try await visitors.expectNoFailure("state and CA folder lost")
      for address in RotationScene.backEnds.values {
        #expect(try await thief.ask(address).status == nil)
        #expect(try await thief.ask(address, with: .current).status == 200)
      }
      try await expectMoved(from: before, scene)
    }
  }
}
