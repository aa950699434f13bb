import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "Unsigned releases of version 0.1.0 are taken over once", .serialized,
  .requires(isRoot, "namespaces need root"))
struct UnsignedReleaseTests {
  private static let manifest = "/etc/deploy/current/manifest"
  /// What version 0.1.0 wrote of the same release.
  private static let unsigned = """
    sed -i -e 's/^deploy-manifest 3$/deploy-manifest 2/' \
      -e '/^\\(host\\|serial\\|ca\\|retired-ca\\|revoked\\|fleet-key\\|issued\\|signature\\) /d' $1
    """

  /// Brings hosts, state and CA folder to what version 0.1.0 left.
  private func age(_ scene: Scene) async throws {
    for host in TwoFolders.hosts {
      let output = try await scene.on(host, Self.unsigned, Self.manifest)
      #expect(output.status == 0, "\(output.all)")
    }
    let url = URL(filePath: scene.statePath)
    var state = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    for key in ["issued", "manifests", "fleetKeys", "retiredCAs"] { state[key] = nil }
    try JSONSerialization.data(withJSONObject: state).write(to: url)
    for name in ["fleet-1.key", "fleet-1.pub"] {
      try FileManager.default.removeItem(atPath: "\(scene.folder)/shop.ca/\(name)")
    }
  }

  private func words(_ output: CommandOutput) -> String {
    output.stdout.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  @Test("the plan says so, their certificates stay, and afterwards an unsigned manifest is drift")
  func takenOver() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      try await age(scene)
      let plan = try await scene.deploy("plan", "--detailed-exitcode")
      #expect(plan.status == 2, "\(plan.all)")
      for host in TwoFolders.hosts {
        #expect(
          words(plan).contains("release 1 was made by version 0.1.0, which did not sign releases"),
          "\(host): \(plan.all)")
      }
      let thief = try await StolenIdentity(of: "edge-1", scene)
      let applied = try await scene.apply()
      #expect(words(applied).contains("which did not sign releases"), "\(applied.all)")
      #expect(!applied.stdout.contains("issued"), "\(applied.all)")
      try await scene.expectNoChanges()
      for host in TwoFolders.hosts {
        let signed = try await scene.on(
          host, "grep -q '^deploy-manifest 3$' $1 && grep -q '^signature ' $1", Self.manifest)
        #expect(signed.status == 0, "\(host)")
      }

      // What is from before is known, so it can be revoked.
      try await scene.succeed("revoke", "edge-1", "--yes")
      #expect(try await thief.ask("198.18.0.21").status == nil)

      try await scene.on("app-1", Self.unsigned, Self.manifest)
      let again = try await scene.deploy("plan", "--detailed-exitcode")
      #expect(again.status == 2 && words(again).contains("is not signed"), "\(again.all)")
      #expect(!words(again).contains("version 0.1.0"), "\(again.all)")
      try await scene.apply()
      try await scene.expectNoChanges()
    }
  }

  @Test("a release that differs from the state's record is made again, and none of it is recorded")
  func edited() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      try await age(scene)
      let serial = "00112233445566778899aabbccddeeff"
      let edited = try await scene.on(
        "app-1", "sed -i 's/^\\(certificate [^ ]*\\) [0-9a-f]*/\\1 \(serial)/' $1", Self.manifest)
      #expect(edited.status == 0, "\(edited.all)")
      let plan = try await scene.deploy("plan")
      #expect(words(plan).contains("is not signed: the whole release"), "\(plan.all)")
      try await scene.apply()
      #expect(try !scene.read("shop.state.json").contains(serial))
      try await scene.expectNoChanges()
    }
  }

  @Test("if the state is lost too, hosts' claims are shown, and accepted only with --yes")
  func lostState() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      try await age(scene)
      try FileManager.default.removeItem(atPath: scene.statePath)
      let asked = try await scene.deploy("state", "rebuild")
      #expect(asked.status == 1 && asked.stderr.contains("--yes"), "\(asked.all)")
      for host in TwoFolders.hosts {
        #expect(asked.stderr.contains("\(host): release 1 by "), "\(asked.all)")
      }
      #expect(!FileManager.default.fileExists(atPath: scene.statePath))
      let rebuilt = try await scene.succeed("state", "rebuild", "--yes")
      #expect(rebuilt.stdout.contains("not signed"), "\(rebuilt.all)")
      try await scene.apply()
      #expect(try await scene.fetch().status == 0)
      try await scene.expectNoChanges()
    }
  }
}
