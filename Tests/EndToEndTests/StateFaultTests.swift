import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "An unusable state is reported, left alone, and no host is touched", .serialized,
  .requires(isRoot, "namespaces need root"))
struct StateFaultTests {
  private static let hosts = ["app-1", "app-2", "edge-1"]

  /// A damaged state file, and the message about it.
  private struct Fault {
    var words: [String]
    var spoil: @Sendable (String) -> String
  }

  private static let faults = [
    Fault(words: ["the state is truncated after", "deploy state rebuild"]) {
      String($0.prefix($0.count / 2))
    },
    Fault(words: ["the state is truncated after", ".previous"]) {
      // Behind a brace, which a whole state ends in too.
      $0.prefix { $0 != "}" } + "}"
    },
    Fault(words: ["the state is truncated after 0 bytes"]) { _ in "" },
    Fault(words: ["the state is not JSON", ".previous"]) { _ in "shop: {}\n}" },
    Fault(words: ["this is not a valid state", "has no version", ".previous"]) { _ in "{}\n" },
    Fault(words: ["the state of the fleet other", "the fleet shop"]) {
      $0.replacingOccurrences(of: "\"fleet\" : \"shop\"", with: "\"fleet\" : \"other\"")
    },
    Fault(words: ["the state has version 99", "the newer deploy"]) {
      $0.replacingOccurrences(of: "\"version\" : 2", with: "\"version\" : 99")
    },
  ]

  @Test("a damaged state has its own message, stays byte for byte, and no host is touched")
  func spoilt() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let good = try scene.read("shop.state.json")
      let before = try await fingerprints(scene)
      try scene.write(InventoryText(root: "/srv/other"))
      var messages: Set<String> = []
      for fault in Self.faults {
        let spoilt = fault.spoil(good)
        try #require(spoilt != good, "the fault \(fault.words) changed nothing")
        try scene.write(spoilt, to: "shop.state.json")
        let output = try await scene.deploy("apply", "--yes")
        #expect(output.status == 1)
        for words in fault.words { #expect(output.stderr.contains(words), "\(output.all)") }
        messages.insert(output.stderr)
        #expect(try scene.read("shop.state.json") == spoilt)
      }
      #expect(messages.count == Self.faults.count)
      #expect(try await fingerprints(scene) == before)
      try scene.write(good, to: "shop.state.json")
      try await scene.apply()
      try await scene.expectNoChanges()
    }
  }

  @Test("a state on a full disk is refused before a host is touched, and kept", arguments: [0, 1])
  func fullDisk(pagesLeft: Int) async throws {
    try await Scene.play { scene in
      let disk = scene.folder + "/disk"
      try scene.write("", to: "disk/mounted")
      let state = disk + "/shop.state.json"
      try await onController("mount -t tmpfs -o size=256k tmpfs \(disk)", scene)
      try await scene.succeed("apply", "--yes", "--state", state)
      let before = try await fingerprints(scene)
      let good = try await onController("cat \(state)", scene)
      try await onController(
        """
        dd if=/dev/zero of=\(disk)/filler bs=4096 2>/dev/null
        truncate -s -$((\(pagesLeft) * 4096)) \(disk)/filler
        """, scene)
      try scene.write(InventoryText(root: "/srv/other"))
      let output = try await scene.deploy("apply", "--yes", "--state", state)
      #expect(output.status == 1)
      #expect(output.stderr.contains("No space left on device"), "\(output.all)")
      #expect(output.stderr.contains(disk), "\(output.all)")
      #expect(try await onController("cat \(state)", scene) == good)
      #expect(try await fingerprints(scene) == before)
      try await onController("rm \(disk)/filler", scene)
      try await scene.succeed("apply", "--yes", "--state", state)
      let plan = try await scene.deploy("plan", "--detailed-exitcode", "--state", state)
      #expect(plan.status == 0, "\(plan.all)")
      try await onController("umount \(disk)", scene)
    }
  }

  @Test("a running run locks out others, which report its holder, and is not disturbed")
  func locked() async throws {
    try await Scene.play { scene in
      let run = try scene.watch("apply", "--yes")
      try await run.expect("app-1: staged and validated")
      try await scene.sandbox.pauseSSH(on: "app-1")
      let state = try scene.read("shop.state.json")
      for command in [["apply", "--yes"], ["state", "rebuild"]] {
        let output = try await scene.deploy(command)
        #expect(output.status == 75, "\(output.all)")
        #expect(output.stderr.contains("the state is locked by "), "\(output.all)")
        #expect(output.stderr.contains(", deploy apply, process "), "\(output.all)")
      }
      #expect(try scene.read("shop.state.json") == state)
      try await scene.sandbox.resumeSSH(on: "app-1")
      let output = try await run.command.wait()
      let said = try run.progress
      #expect(output.status == 0, "\(output.all)\(said)")
      try await scene.expectNoChanges()
    }
  }

  @Test(
    "a lost state is recreated from the fleet; until then nothing is changed, not even new hosts")
  func lost() async throws {
    var wider = InventoryText()
    wider.backEnds["app-3"] = "198.18.0.23"
    try await Scene.play(wider) { scene in
      try scene.write(InventoryText())
      try await scene.apply()
      let before = try await fingerprints(scene)
      let lineage = try lineage(scene)
      try scene.removeState()
      try scene.write(wider)
      for output in [try await scene.deploy("plan"), try await scene.deploy("apply", "--yes")] {
        #expect(output.status == 1)
        #expect(output.all.contains("deploy state rebuild"), "\(output.all)")
      }
      #expect(try await fingerprints(scene) == before)
      #expect(!FileManager.default.fileExists(atPath: scene.statePath))
      try scene.write(InventoryText())
      try await scene.succeed("state", "rebuild")
      #expect(try self.lineage(scene) == lineage)
      try await scene.expectNoChanges()
      try scene.write(wider)
      try await scene.apply()
      try await scene.expectNoChanges()
    }
  }

  @Test(
    "facts that an older copy of the state lacks stop runs until they are taken from the hosts"
  )
  func older() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      try scene.write(InventoryText(root: "/srv/other"))
      let old = try scene.read("shop.state.json")
      try await scene.apply()
      let new = try releases(scene)
      let before = try await fingerprints(scene)
      try scene.write(old, to: "shop.state.json")
      #expect(try releases(scene) != new)
      for output in [
        try await scene.deploy("plan"), try await scene.deploy("apply", "--yes"),
        try await scene.deploy("rotate", "certificates", "--yes"),
      ] {
        #expect(output.status == 1)
        #expect(output.stderr.contains("this copy of the state is outdated"))
        for host in ["app-1", "app-2"] {
          #expect(output.stderr.contains("\(host): release 2 by "), "\(output.all)")
        }
        #expect(output.stderr.contains("    deploy state rebuild --inventory "), "\(output.all)")
      }
      #expect(try await scene.deploy("status").status == 1)
      #expect(try scene.read("shop.state.json") == old)
      #expect(try await fingerprints(scene) == before)

      let rebuilt = try await scene.succeed("state", "rebuild")
      #expect(rebuilt.stdout.contains("added: app-1: release 2 by "), "\(rebuilt.all)")
      #expect(try releases(scene) == new)
      let output = try await scene.apply()
      #expect(output.stdout.contains("No changes."), "\(output.all)")
      #expect(try releases(scene) == new)
      #expect(try await fingerprints(scene) == before)
      try await scene.succeed("status")
      try await scene.expectNoChanges()
    }
  }

  // MARK: - Looking

  private struct State: Decodable {
    struct Host: Decodable {
      struct Release: Decodable, Equatable {
        struct File: Decodable, Equatable { var digest: String }
        var number: Int
        var files: [String: File]
      }
      var release: Release
    }
    var lineage: String
    var hosts: [String: Host]
  }

  private func state(_ scene: Scene) throws -> State {
    try JSONDecoder().decode(State.self, from: Data(scene.read("shop.state.json").utf8))
  }

  private func lineage(_ scene: Scene) throws -> String { try state(scene).lineage }

  private func releases(_ scene: Scene) throws -> [String: State.Host.Release] {
    try state(scene).hosts.mapValues(\.release)
  }

  private func fingerprints(_ scene: Scene) async throws -> [String] {
    try await Self.hosts.asyncMap { try await scene.settledFingerprint(of: $0) }
  }

  @discardableResult
  private func onController(_ script: String, _ scene: Scene) async throws -> String {
    let output = try await scene.sandbox.run(["sh", "-c", script])
    #expect(output.status == 0, "\(output.all)")
    return output.stdout
  }
}
