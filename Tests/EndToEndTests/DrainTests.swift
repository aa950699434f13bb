import Foundation
import Sandbox
import TestSupport
import Testing

@Suite("Drained back-ends", .serialized, .requires(isRoot, "namespaces need root"))
struct DrainTests {
  /// A request for `/slow` takes as many seconds, behind the nginx of a back-end.
  private static let seconds = 20
  private static let inventory: InventoryText = {
    var inventory = InventoryText()
    inventory.frontEnds = ["edge-1": "198.18.0.10", "edge-2": "198.18.0.11"]
    inventory.siteLines = ["snippets: {back_end: app.conf}"]
    return inventory
  }()
  /// nginx refuses to post to a file.
  private static let snippet = """
    error_page 405 =200 $uri;
    location = /slow { proxy_pass http://127.0.0.1:7000; }

    """

  private func play(_ body: (Scene) async throws -> Void) async throws {
    try await Scene.play(Self.inventory) { scene in
      try scene.write(Self.snippet, to: "app.conf")
      try await scene.apply()
      try await body(scene)
    }
  }

  /// How many requests the nginx of a back-end has logged.
  private func requests(_ host: String, _ scene: Scene) async throws -> Int {
    let output = try await scene.on(host, "wc -l < /var/log/nginx/shop.example.back-end.access.log")
    return try #require(Int(output.stdout.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  @Test("end what they answer, get nothing new, and no request fails while they leave and return")
  func underLoad() async throws {
    try await play { scene in
      var applications: [SandboxCommand] = []
      for host in ["app-1", "app-2"] {
        applications.append(try await scene.startSlowApplication(on: host, seconds: Self.seconds))
      }
      let visitors = try Visitors(
        scene, ["edge-1": "198.18.0.10", "edge-2": "198.18.0.11"],
        asking: .init(path: "/", certificate: "shop.ca/ca-1.crt"))
      // Round robin: one of each two requests is at app-1.
      var slow: [SandboxCommand] = []
      for _ in 0..<4 { slow.append(try scene.startFetch("/slow")) }
      try await scene.await(
        "[ -e /run/slow-requests ] && [ $(wc -c < /run/slow-requests) -ge 1 ]", on: "app-1")

      let drained = try await scene.succeed("drain", "app-1", "--wait", "120s", "--yes")
      #expect(drained.stderr.contains("waiting up to 120 s for "), "\(drained.all)")
      #expect(!drained.all.contains("still ends requests"), "\(drained.all)")
      for request in slow {
        let output = try await request.wait()
        #expect(output.stdout.hasSuffix("200 0"), "\(output.all)")
      }
      let before = try await requests("app-1", scene)
      #expect(try await scene.answering(["/srv/shop app-2"]) == ["/srv/shop app-2"])
      try await expectRemembered(scene)
      #expect(try await requests("app-1", scene) == before)

      try await scene.succeed("undrain", "app-1", "--yes")
      let both: Set = ["/srv/shop app-1", "/srv/shop app-2"]
      #expect(try await scene.answering(both) == both)
      try await scene.expectNoChanges()
      for application in applications {
        try await application.signal(SIGTERM)
        _ = try await application.wait()
      }
      try await visitors.expectNoFailure("drained and back", reloads: 4)
    }
  }

  /// That plans, `status` and an apply with another change know the drained host, and that it gets the change.
  private func expectRemembered(_ scene: Scene) async throws {
    let plan = try await scene.succeed("plan", "--detailed-exitcode")
    #expect(plan.stdout.contains("front-ends send no requests to app-1, drained on "))
    let json = try await scene.succeed("plan", "--format", "json")
    let document = try JSONSerialization.jsonObject(with: Data(json.stdout.utf8)) as? [String: Any]
    let listed = try #require(document?["drained"] as? [[String: Any]])
    #expect(listed.compactMap { $0["host"] as? String } == ["app-1"])
    #expect(try await scene.succeed("status").stdout.contains("drained on "))
    #expect(try await scene.succeed("history").stdout.contains("drain app-1"))
    try scene.write(Self.snippet + "# changed\n", to: "app.conf")
    try await scene.apply()
    try await scene.expectNoChanges()
    let text = try await scene.on(
      "app-1", "cat /etc/deploy/current/nginx/snippets/back-end/shop.example.conf")
    #expect(text.stdout.contains("# changed"))
    #expect(try await scene.answering(["/srv/shop app-2"]) == ["/srv/shop app-2"])
  }

  @Test("stay drained if requests are left when the time is over, or if the run is killed")
  func interrupted() async throws {
    try await play { scene in
      let application = try await scene.startSlowApplication(on: "app-1", seconds: 600)
      let slow = [try scene.startFetch("/slow"), try scene.startFetch("/slow")]
      try await scene.await("[ -s /run/slow-requests ]", on: "app-1")
      let output = try await scene.deploy("drain", "app-1", "--wait", "1s", "--yes")
      #expect(output.status == 1)
      #expect(output.all.contains(/app-1 has [12] connections? of front-ends/), "\(output.all)")
      #expect(try await scene.answering(["/srv/shop app-2"]) == ["/srv/shop app-2"])
      let last = try await scene.deploy("drain", "app-2", "--yes")
      #expect(last.status == 1 && last.all.contains("shop.example: no back-end would be left"))
      try await application.signal(SIGTERM)
      _ = try await application.wait()
      for request in slow { _ = try await request.wait() }
      try await scene.succeed("drain", "app-1", "--yes")
      try await scene.succeed("undrain", "app-1", "--yes")

      // Killed after one front-end of two: the wish is recorded, and the next apply completes it.
      let run = try scene.watch("drain", "app-1", "--yes", "--wait", "0s")
      try await scene.await(
        "grep -q ' down;' /etc/deploy/current/nginx/front-end/shop.example.conf", on: "edge-1")
      try await run.command.signal(SIGKILL)
      _ = try await run.command.wait()
      for host in ["edge-1", "edge-2"] { try await scene.settle(host, isHurried: true) }
      try await scene.apply()
      try await scene.expectNoChanges()
      #expect(try await scene.answering(["/srv/shop app-2"]) == ["/srv/shop app-2"])
    }
  }
}

extension Scene {
  /// A program behind the nginx of a back-end, which answers each request after some seconds.
  fileprivate func startSlowApplication(on host: String, seconds: Int) async throws
    -> SandboxCommand
  {
    let script = """
      use IO::Socket::INET;
      my $listener = IO::Socket::INET->new(
        LocalAddr => "127.0.0.1", LocalPort => 7000, Listen => 20, ReuseAddr => 1) or die "$!";
      $SIG{CHLD} = "IGNORE";
      my $parent = $$;
      open my $ready, ">", "/run/slow-ready" or die "$!"; close $ready;
      while (my $client = $listener->accept) {
        next if fork;
        while (my $line = <$client>) { last if $line eq "\\r\\n" }
        open my $log, ">>", "/run/slow-requests" or die "$!"; print $log "x"; close $log;
        for (1 .. \(seconds)) { sleep 1; exit if getppid() != $parent }
        print $client "HTTP/1.0 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nslow\\n";
        exit;
      }
      """
    let application = try sandbox.spawn(["perl", "-e", script], on: .host(host))
    try await self.await("[ -e /run/slow-ready ]", on: host)
    return application
  }

  /// A request that is answered later; its output ends with the status and curl's own exit code.
  fileprivate func startFetch(_ path: String) throws -> SandboxCommand {
    try sandbox.spawn(
      ["curl", "-sS", "--max-time", "900", "--cacert", folder + "/shop.ca/ca-1.crt"]
        + ["--resolve", "shop.example:443:198.18.0.10", "-w", "%{http_code} %{exitcode}"]
        + ["https://shop.example\(path)"])
  }
}
