import Sandbox
import TestSupport
import Testing

@Suite("The main job on a real fleet", .serialized, .requires(isRoot, "namespaces need root"))
struct MainJobTests {
  @Test("bare hosts become front-ends and back-ends that only talk to each other")
  func apply() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      #expect(
        try await scene.answering(["/srv/shop app-1", "/srv/shop app-2"])
          == ["/srv/shop app-1", "/srv/shop app-2"])
      try await scene.expectNoChanges()
      try await expectLocked(scene)
      try await expectOnlyMutualTLS(scene)
      try await changeRoot(scene)
    }
  }

  /// The back-ends' port is closed to every address but the front-end's, SSH is open.
  private func expectLocked(_ scene: Scene) async throws {
    let knock = "curl -sk --connect-timeout 2 https://198.18.0.21/"
    let stranger = try await scene.sandbox.run(["sh", "-c", knock])
    #expect(stranger.status == 28, "the controller is not a front-end: \(stranger.all)")
    let peer = try await scene.on("app-2", knock)
    #expect(peer.status == 28, "a back-end is not a front-end: \(peer.all)")
    let ssh = try await scene.sandbox.run([
      "ssh", "-o", "BatchMode=yes", "root@198.18.0.21", "echo in",
    ])
    #expect(ssh.stdout == "in\n", "\(ssh.all)")
  }

  /// From the front-end's own address, with no certificate, a foreign one and the right one.
  private func expectOnlyMutualTLS(_ scene: Scene) async throws {
    let request =
      "curl -sk -o /dev/null -w '%{http_code}' --resolve shop.example:443:198.18.0.21"
      + " https://shop.example/"
    let bare = try await scene.on("edge-1", request)
    #expect(bare.stdout == "000", "no certificate: \(bare.all)")
    let foreign = try await scene.on(
      "edge-1",
      """
      cd /root && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -keyout foreign.key -out foreign.crt -subj '/CN=edge-1' -days 2 2>/dev/null &&
      \(request) --cert foreign.crt --key foreign.key
      """)
    #expect(foreign.stdout == "000", "a foreign certificate: \(foreign.all)")
    let own = try await scene.on(
      "edge-1",
      "cd /etc/deploy/current/tls && \(request) --cert front-end.crt --key front-end.key")
    #expect(own.stdout == "200", "the CA's certificate: \(own.all)")
  }

  private func changeRoot(_ scene: Scene) async throws {
    try scene.write(InventoryText(root: "/srv/other"))
    let plan = try await scene.deploy("plan", "--detailed-exitcode")
    #expect(plan.status == 2)
    let output = try await scene.apply()
    #expect(output.stdout.contains("\n+    root  /srv/other;\n"), "\(output.all)")
    #expect(
      try await scene.answering(["/srv/other app-1", "/srv/other app-2"])
        == ["/srv/other app-1", "/srv/other app-2"])
    let releases = try await ["app-1", "app-2", "edge-1"].asyncMap {
      try await scene.on($0, "readlink /etc/deploy/current").stdout
    }
    #expect(releases == ["releases/2\n", "releases/2\n", "releases/1\n"])
    try await scene.expectNoChanges()
  }

  @Test("a third back-end joins, the first one leaves and is clean afterwards")
  func membership() async throws {
    var inventory = InventoryText()
    inventory.backEnds["app-3"] = "198.18.0.23"
    try await Scene.play(inventory) { scene in
      var two = inventory
      two.backEnds["app-3"] = nil
      let bare = try await scene.fingerprint(of: "app-1")
      try scene.write(two)
      try await scene.apply()
      try scene.write(inventory)
      try await scene.apply()
      let three: Set = ["/srv/shop app-1", "/srv/shop app-2", "/srv/shop app-3"]
      #expect(try await scene.answering(three) == three)
      var last = inventory
      last.backEnds["app-1"] = nil
      try scene.write(last)
      let output = try await scene.apply()
      #expect(output.stdout.contains("- app-1"), "\(output.all)")
      #expect(
        try await scene.answering(["/srv/shop app-2", "/srv/shop app-3"])
          == ["/srv/shop app-2", "/srv/shop app-3"])
      #expect(try await scene.fingerprint(of: "app-1") == bare)
      let recorded = try scene.recordedHosts()
      #expect(!recorded.isEmpty && !recorded.contains("app-1"))
      try await scene.expectNoChanges()
    }
  }

  @Test("a broken snippet is reported with file, line and inventory line, and changes no host")
  func brokenSnippet() async throws {
    var inventory = InventoryText()
    inventory.siteLines = ["snippets: {front_end: snippets/edge.conf}"]
    try await Scene.play(inventory) { scene in
      try scene.write("# fine\nadd_header X-Shop yes;\n", to: "snippets/edge.conf")
      try await scene.apply()
      let hosts = ["app-1", "app-2", "edge-1"]
      let before = try await hosts.asyncMap { try await scene.fingerprint(of: $0) }
      try scene.write("# not fine\nadd_haeder X-Shop yes;\n", to: "snippets/edge.conf")
      inventory.root = "/srv/other"
      try scene.write(inventory)
      let output = try await scene.deploy("apply", "--yes")
      #expect(output.status == 1)
      #expect(output.stdout.contains("snippets/edge.conf:2"), "\(output.all)")
      #expect(output.stdout.contains("shop.yml:20:"), "\(output.all)")
      #expect(output.stdout.contains("unknown directive \"add_haeder\""), "\(output.all)")
      #expect(try await hosts.asyncMap { try await scene.fingerprint(of: $0) } == before)
      #expect(
        try await scene.answering(["/srv/shop app-1"]).isSubset(of: [
          "/srv/shop app-1", "/srv/shop app-2",
        ]))
    }
  }
}

extension Sequence where Element: Sendable {
  /// Does something for each element at the same time.
  func concurrently(_ body: @escaping @Sendable (Element) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for element in self { group.addTask { try await body(element) } }
      try await group.waitForAll()
    }
  }
}

extension Sequence {
  func asyncMap<Value>(_ transform: (Element) async throws -> Value) async throws -> [Value] {
    var values: [Value] = []
    for element in self { values.append(try await transform(element)) }
    return values
  }
}
