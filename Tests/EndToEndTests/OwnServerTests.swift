import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "The host's own servers on a port of the release", .serialized,
  .requires(isRoot, "namespaces need root"))
struct OwnServerTests {
  private static let inventory: InventoryText = {
    var inventory = InventoryText()
    inventory.backEnds = ["app-1": "198.18.0.21", "app-2": "198.18.0.22"]
    return inventory
  }()

  /// Gives nginx another server in the file `$1`, which listens as `$2` says, and restarts it.
  private static let serve = #"""
    cd /etc/nginx && rm -f sites-enabled/default
    [ -e own.key ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 \
      -subj /CN=own -keyout own.key -out own.crt 2>/dev/null
    printf '%s\n' 'server {' "  $2" '  server_name own.example;' '  ssl_certificate /etc/nginx/own.crt;' \
      '  ssl_certificate_key /etc/nginx/own.key;' "  return 200 'mine';" '}' > "conf.d/$1"
    nginx -s quit 2>/dev/null
    for try in $(seq 500); do [ -e /run/nginx.pid ] || break; sleep 0.01; done
    nginx
    """#

  private func serve(_ listen: String, in file: String, on host: String, _ scene: Scene)
    async throws
  {
    let output = try await scene.on(host, Self.serve, file, listen)
    #expect(output.status == 0, "\(host): \(output.all)")
  }

  /// What is answered to a request that names no site.
  private func answer(_ url: String, on host: String, _ scene: Scene) async throws -> String {
    try await scene.on(host, "curl -sSk --max-time 10 \"$1\"", url).all
  }

  @Test(
    "the default server of a port stays the same, or its host is blocked until it is declared as such"
  )
  func defaultServer() async throws {
    try await Scene.play(Self.inventory) { scene in
      try await serve("listen 80;", in: "own.conf", on: "edge-1", scene)
      // Read before the release: nothing has to be done.
      try await serve("listen 443 ssl;", in: "a-own.conf", on: "app-1", scene)
      let plan = try await scene.deploy("plan")
      #expect(
        plan.stdout.contains(
          "nginx reads the release before /etc/nginx/conf.d/own.conf:2, so requests on port 80"
            + " that name none of its sites would go to the release instead of that server: add"
            + " \"default_server\" to \"listen 80\" in /etc/nginx/conf.d/own.conf:2, reload nginx, and"
            + " run again"), "\(plan.all)")
      #expect(plan.stdout.components(separatedBy: "nginx reads the release").count == 2)
      #expect(try await answer("http://198.18.0.10/", on: "edge-1", scene) == "mine")

      try await serve("listen 80 default_server;", in: "own.conf", on: "edge-1", scene)
      try await scene.apply()
      #expect(try await answer("http://198.18.0.10/", on: "edge-1", scene) == "mine")
      #expect(try await answer("https://198.18.0.21/", on: "app-1", scene) == "mine")
      #expect(try await scene.fetch().stdout.hasPrefix("/srv/shop app-"))
      #expect(try await scene.deploy("verify").status == 0)
      try await scene.expectNoChanges()

      // It is removed later: that is a warning, and stops nothing.
      try await serve("listen 80;", in: "own.conf", on: "edge-1", scene)
      let warned = try await scene.deploy("plan", "--detailed-exitcode")
      #expect(warned.status == 0, "\(warned.all)")
      #expect(warned.stdout.contains("warning: on edge-1, nginx reads the release before"))
    }
  }

  @Test("a server with a site's name is found by the plan before it takes the site's requests")
  func names() async throws {
    try await Scene.play(Self.inventory) { scene in
      let own = "listen 443 ssl default_server; server_name shop.example;"
      try await serve(own, in: "a-own.conf", on: "edge-1", scene)
      let plan = try await scene.deploy("plan")
      #expect(
        plan.stdout.contains(
          "/etc/nginx/conf.d/a-own.conf:2 also defines a server for shop.example on port 443, and nginx"
            + " reads it before the release"), "\(plan.all)")

      // Behind the release it is what the site replaces.
      try await scene.on("edge-1", "rm /etc/nginx/conf.d/a-own.conf")
      try await serve(own, in: "own.conf", on: "edge-1", scene)
      let applied = try await scene.apply()
      #expect(
        applied.stdout.contains(
          "own.conf:2 also defines a server for shop.example on port 443, and nginx reads it after"
            + " the release"
        ),
        "\(applied.all)")
      #expect(try await scene.fetch().stdout.hasPrefix("/srv/shop app-"))
      #expect(try await scene.deploy("verify").status == 0)
    }
  }

  @Test(
    "servers at an address, with the PROXY protocol or without a master are found by the plan")
  func conflicts() async throws {
    try await Scene.play(Self.inventory) { scene in
      try await serve("listen 198.18.0.21:443 ssl;", in: "a-own.conf", on: "app-1", scene)
      try await serve(
        "listen 443 ssl default_server proxy_protocol;", in: "own.conf", on: "app-2", scene)
      try await serve("listen 80 default_server;", in: "own.conf", on: "edge-1", scene)
      let killed = try await scene.on(
        "edge-1",
        """
        read -r master < /run/nginx.pid && kill -9 "$master" || exit 1
        for try in $(seq 500); do [ -e "/proc/$master" ] || break; sleep 0.01; done
        pgrep -d ' ' -f '^nginx: worker process'
        """)
      #expect(killed.status == 0, "\(killed.all)")
      let workers = killed.stdout.split(separator: "\n").first.map(String.init) ?? "none"
      let plan = try await scene.deploy("plan")
      for reason in [
        "its nginx listens on 198.18.0.21:443 (\"listen 198.18.0.21:443 ssl\" in"
          + " /etc/nginx/conf.d/a-own.conf:2), and can listen on port 443 of every address only after a"
          + " restart: write \"listen 443\" there, restart nginx, and run again",
        "\"listen 443 ssl default_server proxy_protocol\" in /etc/nginx/conf.d/own.conf:2 makes nginx"
          + " expect the PROXY protocol on every connection to port 443",
        "port 80 is in use by nginx workers whose master process has exited (pid",
        "stop them with \"kill -QUIT \(workers)\", start nginx, and run again",
      ] { #expect(plan.stdout.contains(reason), "\(reason)\n\(plan.all)") }

      try await serve("listen 443 ssl;", in: "a-own.conf", on: "app-1", scene)
      try await serve("listen 443 ssl default_server;", in: "own.conf", on: "app-2", scene)
      let ended = try await scene.on(
        "edge-1",
        """
        kill -QUIT \(workers)
        for try in $(seq 500); do pgrep -f '^nginx: worker process' > /dev/null || break; sleep 0.01; done
        nginx
        """)
      #expect(ended.status == 0, "\(ended.all)")
      try await scene.apply()
      #expect(try await scene.deploy("verify").status == 0)
      try await scene.expectNoChanges()
    }
  }
}
