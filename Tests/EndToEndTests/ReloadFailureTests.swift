import Sandbox
import TestSupport
import Testing

@Suite(
  "A host whose nginx fails to reload stays as it was", .serialized,
  .requires(isRoot, "namespaces need root"))
struct ReloadFailureTests {
  /// A program that is not nginx and holds a port.
  private static let holder = """
    cat > /root/holder.pl <<'END'
    use IO::Socket::INET;
    my $server = IO::Socket::INET->new(LocalPort => 8081, Listen => 9, ReuseAddr => 1) or die;
    open(my $ready, '>', '/run/holder.pid'); print $ready $$; close($ready);
    sleep 600;
    END
    perl /root/holder.pl </dev/null >/dev/null 2>&1 &
    tries=0
    until [ -s /run/holder.pid ] || [ "$tries" -gt 500 ]; do tries=$((tries + 1)); sleep 0.01; done
    """

  @Test(
    "a reload that fails after its test passed is rolled back, reported with nginx's message, and healed later"
  )
  func reverted() async throws {
    try await Scene.play(alter: mixedSystems) { scene in
      try scene.write(UndoTests.playbook, to: "quick.yml")
      try await scene.apply()
      let hosts = ["app-1", "app-2", "edge-1"]
      let before = try await hosts.asyncMap { try await scene.fingerprint(of: $0) }
      for host in ["app-1", "app-2"] {
        let held = try await scene.on(host, Self.holder)
        #expect(held.status == 0, "\(held.all)")
      }
      var inventory = InventoryText(root: "/srv/other")
      inventory.siteLines = ["snippets: {back_end: snippets/app.conf}"]
      try scene.write(inventory)
      try scene.write("listen 8081;\n", to: "snippets/app.conf")

      let output = try await scene.deploy(
        "apply", "--yes", "--playbook", scene.folder + "/quick.yml")
      #expect(output.status == 1)
      for host in ["app-1", "app-2"] {
        let entry = try #require(
          output.stdout.split(separator: "\n").last { $0.hasPrefix("\(host) ") }, "\(output.all)")
        #expect(entry.contains(" reverted "), "\(output.all)")
        #expect(entry.contains("bind() to 0.0.0.0:8081 failed (98: Address already in use)"))
        #expect(output.stderr.contains("\(host): switching"))
      }
      #expect(output.stdout.contains("the change failed on app-1, app-2"), "\(output.all)")
      #expect(
        try await hosts.asyncMap { try await scene.settledFingerprint(of: $0) } == before)
      #expect(
        try await scene.answering(["/srv/shop app-1", "/srv/shop app-2"])
          == ["/srv/shop app-1", "/srv/shop app-2"])
      try await scene.succeed("status")

      for host in ["app-1", "app-2"] {
        try await scene.on(host, "kill \"$(cat /run/holder.pid)\"")
      }
      try await scene.apply()
      try await scene.expectNoChanges()
      for host in ["app-1", "app-2"] {
        let sockets = try await scene.on(host, "ss -Hltn 'sport = :8081'")
        #expect(sockets.stdout.contains(":8081"), "\(sockets.all)")
      }
    }
  }

  @Test(
    "an nginx.conf that does not include conf.d is refused with the line to add, on that host only")
  func notIncluded() async throws {
    try await Scene.play { scene in
      try await scene.on("app-1", "sed -i.own '/conf\\.d/d' /etc/nginx/nginx.conf")
      let before = try await scene.fingerprint(of: "app-1")
      let output = try await scene.deploy("apply", "--yes")
      #expect(output.status == 1)
      let entry = try #require(
        output.stdout.split(separator: "\n").last { $0.hasPrefix("app-1 ") }, "\(output.all)")
      #expect(entry.contains(" refused "), "\(entry)")
      #expect(entry.contains("add \"include /etc/nginx/conf.d/*.conf;\" there"), "\(entry)")
      #expect(try await scene.fingerprint(of: "app-1") == before)
      #expect(output.stderr.contains("app-2: confirmed") && output.stderr.contains("edge-1: conf"))
      try await scene.on("app-1", "mv /etc/nginx/nginx.conf.own /etc/nginx/nginx.conf")
      try await scene.apply()
      try await scene.expectNoChanges()
    }
  }

  @Test("the user's own sites on the same nginx are served throughout, and their files unchanged")
  func ownSites() async throws {
    try await Scene.play { scene in
      let own =
        "server { listen 80; listen 8088; server_name own.example; return 200 'mine\\n'; }\n"
      for host in ["app-1", "edge-1"] {
        try await scene.sandbox.write(
          own, to: "/etc/nginx/conf.d/own.conf", on: .host(host))
        let served = try await scene.on(
          host,
          """
          nginx -s quit
          for try in $(seq 500); do [ -e /run/nginx.pid ] || break; sleep 0.01; done
          nginx
          for try in $(seq 500); do
            curl -s http://127.0.0.1:8088/ && exit
            sleep 0.01
          done
          """)
        #expect(served.stdout == "mine\n", "\(served.all)")
      }
      try await expectOwnSites(scene, own)
      try await scene.apply()
      try await expectOwnSites(scene, own)
      try scene.write(InventoryText(root: "/srv/other"))
      try await scene.apply()
      try await expectOwnSites(scene, own)
      #expect(try await scene.answering(["/srv/other app-1"]).contains("/srv/other app-1"))
    }
  }

  private func expectOwnSites(_ scene: Scene, _ own: String) async throws {
    for host in ["app-1", "edge-1"] {
      let answers = try await scene.on(
        host,
        """
        for port in 80 8088; do
          curl -sS --max-time 10 --resolve "own.example:$port:127.0.0.1" \
            "http://own.example:$port/"
        done
        cat /etc/nginx/conf.d/own.conf
        """)
      #expect(answers.stdout == "mine\nmine\n" + own, "\(host): \(answers.all)")
    }
  }
}
