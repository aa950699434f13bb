import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "State and saved plan are only data, even if edited", .serialized,
  .requires(isRoot, "namespaces need root"))
struct FileTrustTests {
  /// Ways to connect that an edited state contains: each would leave a mark.
  private static func waysToConnect(_ mark: String) -> [String: Any] {
    [
      "sshPort": 22, "sshUser": "root", "sshBecomes": false, "sshIdentities": [mark + ".key"],
      "sshKnownHosts": mark + ".hosts",
      "sshOptions": [
        "jumps": ["evil@198.18.0.99"], "config": mark + ".config", "transport": "openssh",
        "hostKeyChecking": "accept_new", "hostKeys": [], "given": ["known_hosts", "jump"],
        "password": ["command", "touch", mark],
      ] as [String: Any],
    ]
  }

  /// Changes the record of a host in the state.
  private func edit(
    _ host: String, in scene: Scene, _ change: (inout [String: Any]) -> Void
  ) throws {
    let url = URL(filePath: scene.statePath)
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
    var state = try #require(json as? [String: Any])
    var hosts = try #require(state["hosts"] as? [String: Any])
    var record = try #require(hosts[host] as? [String: Any])
    change(&record)
    hosts[host] = record
    state["hosts"] = hosts
    try JSONSerialization.data(withJSONObject: state).write(to: url)
  }

  @Test(
    "a state runs no command and names no way to connect; a host that left is reached as the inventory says"
  )
  func state() async throws {
    var inventory = InventoryText()
    inventory.backEndLines["app-2"] = "ssh: {port: 2222}"
    try await Scene.play(inventory, alter: { if $0.name == "app-2" { $0.sshPort = 2222 } }) {
      scene in
      let before = try await scene.fingerprint(of: "app-2")
      try await scene.apply()
      let mark = scene.folder + "/mark"
      try scene.write(
        "Match exec \"touch \(mark)\"\n  ProxyCommand touch \(mark)\n", to: "mark.config")
      for host in ["app-1", "app-2"] {
        try edit(host, in: scene) { $0.merge(Self.waysToConnect(mark)) { $1 } }
      }
      inventory.backEnds["app-2"] = nil
      inventory.backEndLines = [:]
      try scene.write(inventory)
      for arguments in [
        ["plan"], ["status"], ["verify"], ["hosts", "trust", "--yes"], ["state", "show"],
        ["plan", "--offline"],
      ] {
        let output = try await scene.deploy(arguments)
        #expect(!FileManager.default.fileExists(atPath: mark), "\(arguments): \(output.all)")
        #expect(!output.all.contains("mark.key"), "\(arguments): \(output.all)")
      }
      // Its port is not the fleet's: the message says what to write.
      let lost = try await scene.deploy("plan")
      #expect(
        lost.status == 1 && lost.stdout.contains("\"left: {app-2: {ssh: {…}}}\""), "\(lost.all)")

      inventory.lines = ["left: {app-2: {ssh: {port: 2222}}}"]
      try scene.write(inventory)
      try await scene.apply()
      #expect(try await scene.fingerprint(of: "app-2") == before)
      #expect(!FileManager.default.fileExists(atPath: mark))
      let text = try scene.read("shop.state.json")
      for word in ["\"ssh", "/mark", "198.18.0.99"] {
        #expect(!text.contains(word), "\(word)")
      }
      let recorded = try scene.recordedHosts()
      #expect(recorded.contains("app-1") && !recorded.contains("app-2"))
      try await scene.expectNoChanges()

      try edit("app-1", in: scene) { $0["address"] = "app-1.example; touch \(mark)" }
      for arguments in [["plan"], ["plan", "--offline"], ["status"], ["state", "show"]] {
        let output = try await scene.deploy(arguments)
        #expect(output.status == 1, "\(arguments): \(output.all)")
        #expect(output.stderr.contains("hosts.app-1.address: "), "\(arguments): \(output.all)")
      }
    }
  }

  // MARK: - Saved plans

  /// Changes a saved plan and gives it the digest that fits.
  private func forge(_ plan: String, _ old: String, _ new: String) throws -> String {
    let lines = plan.split(separator: "\n", maxSplits: 1)
    let content = lines[1].replacing(old, with: new)
    try #require(content != lines[1], "\(old) is not in the plan")
    return try Self.heading(version: 2, content) + content
  }

  private static func heading(version: Int, _ content: some StringProtocol) throws -> String {
    let digest = try ProgramRun.output(of: ["sha256sum"], input: String(content))
    return
      "{\"format\":\"deploy-plan\",\"version\":\(version),\"sha256\":\"\(digest.prefix(64))\",\n"
  }

  @Test(
    "a saved plan that was edited, with a digest that fits, is refused; it runs and changes nothing"
  )
  func savedPlan() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let mark = scene.folder + "/mark"
      try scene.write(
        "name: rolling\nrollout: {batch: 25%}\nhooks: {before_host: ['true']}\n", to: "hooked.yml")
      try scene.write(InventoryText(root: "/srv/other"))
      try await scene.succeed("plan", "--out", scene.folder + "/shop.plan")
      let plan = try scene.read("shop.plan")
      let before = try await fingerprints(scene)

      func refused(
        _ plan: String, _ words: String, _ options: String...,
        sourceLocation: SourceLocation = #_sourceLocation
      ) async throws {
        try scene.write(plan, to: "forged.plan")
        let output = try await scene.deploy(
          ["apply", scene.folder + "/forged.plan", "--yes"] + options)
        #expect(output.status == 1, "\(output.all)", sourceLocation: sourceLocation)
        #expect(output.all.contains(words), "\(output.all)", sourceLocation: sourceLocation)
        #expect(!FileManager.default.fileExists(atPath: mark), sourceLocation: sourceLocation)
      }
      try await refused(
        forge(plan, "\"max_failures\" : \"0\"", "\"max_failures\" : \"9\""), "(max_failures)")
      try await refused(plan, "(hooks.before_host)", "--playbook", scene.folder + "/hooked.yml")
      try await refused(forge(plan, "\"app-1\" : {", "\"app-9\" : {"), "changes app-9")
      try await refused(
        forge(plan, "\"fleet\" : \"shop\"", "\"fleet\" : \"blog\""), "for the fleet blog")
      try await refused(
        forge(plan, "\"madeAt\" : \"20", "\"madeAt\" : \"29"), "it was made at 29")
      try await refused(String(plan.dropLast(200)), "damaged or edited")
      try await refused(
        Self.heading(version: 1, "\"content\": {}}\n") + "\"content\": {}}\n", "plan again")
      #expect(try await fingerprints(scene) == before)

      // Hosts that differ are refused by name. The front-end has nothing to change.
      try await refused(
        forge(plan, "\"reached at\" : \"198.18.0.2", "\"reached at\" : \"198.18.0.3"),
        "a plan made now differs from the saved one (reached at): plan again")
      try await refused(
        forge(plan, "\"release\" : \"2\"", "\"release\" : \"3\""), "(release): plan again")
      try await refused(forge(plan, "0644 kept", "0644 issued"), "(tls/")
      #expect(try await fingerprints(scene) == before)

      // What a plan does not have is not looked at; an inventory that has changed since is found.
      let added = try forge(
        plan, "\"app-1\" : {", "\"app-1\" : {\"x\" : {\"local\" : \"/etc/shadow\"},")
      try scene.write(added, to: "added.plan")
      try scene.write(InventoryText(root: "/srv/third"))
      try await refused(added, "(nginx/back-end/shop.example.conf): plan again")
      #expect(try await fingerprints(scene) == before)
      try scene.write(InventoryText(root: "/srv/other"))
      try await scene.succeed("apply", scene.folder + "/added.plan", "--yes")
      try await scene.expectNoChanges()
      #expect(!FileManager.default.fileExists(atPath: mark))
    }
  }

  private func fingerprints(_ scene: Scene) async throws -> [String] {
    try await ["app-1", "app-2", "edge-1"].asyncMap { try await scene.fingerprint(of: $0) }
  }
}
