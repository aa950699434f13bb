import Foundation
import Sandbox
import TestSupport
import Testing

@Suite("Traffic during changes", .serialized, .requires(isRoot, "namespaces need root"))
struct TrafficTests {
  /// How many applies succeed, and how many are undone.
  static let rounds = TestSetting.count(8, inSweep: 20)
  /// `DEPLOY_TRAFFIC` is how many requests there are at least of each manner, for a long run.
  private static let requests =
    TestSetting.number("DEPLOY_TRAFFIC") ?? 0
  /// For the back-ends: nginx refuses to post to a file.
  private static let takesPosts = "error_page 405 =200 $uri;\n"

  @Test("no request fails while applies succeed and while they are rolled back")
  func traffic() async throws {
    var inventory = InventoryText()
    inventory.siteLines = ["snippets: {back_end: app.conf, front_end: edge.conf}"]
    try await Scene.play(inventory, alter: mixedSystems) { scene in
      try scene.write(UndoTests.playbook, to: "quick.yml")
      try scene.write(Self.takesPosts + "# 0\n", to: "app.conf")
      try scene.write("# 0\n", to: "edge.conf")
      try await scene.apply()
      let visitors = try Visitors(
        scene, ["edge-1": "198.18.0.10"],
        asking: .init(path: "/", certificate: "shop.ca/ca-1.crt"),
        Visitors.Manner.allCases, perSecond: 0)
      var rounds = 0
      while try rounds < Self.rounds || visitors.countSoFar() < Self.requests {
        rounds += 1
        try await succeed(rounds, scene)
        // Half of them fail at the reload, for a port that another program takes after the test.
        if rounds.isMultiple(of: 2) { try await undo(rounds / 2, scene) }
      }
      let failure = try await visitors.expectNoFailure(
        "\(rounds) rounds", moreThan: 100, reloads: 2 * rounds)
      if let failure { Issue.record("\(try await scene.nginxErrors(before: failure))") }
      let again = try await scene.on(
        "edge-1", "grep -vc 'no live upstreams' /var/log/nginx/shop.example.front-end.error.log")
      print("the front-end asked another back-end: \(again.stdout)")
      try scene.write("# in the end\n", to: "app.conf")
      try scene.write("# in the end\n", to: "edge.conf")
      try await scene.apply()
      try await scene.expectNoChanges()
    }
  }

  private func succeed(_ round: Int, _ scene: Scene) async throws {
    if round.isMultiple(of: 2) {
      try scene.write(Self.takesPosts + "# \(round)\n", to: "app.conf")
    } else {
      try scene.write("# \(round)\n", to: "edge.conf")
    }
    try await scene.apply()
  }

  private func undo(_ round: Int, _ scene: Scene) async throws {
    try scene.write(Self.takesPosts + "# not kept \(round)\n", to: "app.conf")
    try await scene.killOnceApplied(on: round.isMultiple(of: 2) ? "app-1" : "app-2")
    let port = 7100 + round % 100
    try scene.write("listen 127.0.0.1:\(port);\n", to: "edge.conf")
    let squatter = try await scene.squat(on: "edge-1", port: port)
    let output = try await scene.deploy(
      "apply", "--yes", "--playbook", scene.folder + "/quick.yml", "--limit", "edge-1")
    try await squatter.signal(SIGTERM)
    _ = try await squatter.wait()
    #expect(output.status == 1)
    #expect(output.stdout.contains("edge-1  reverted  nginx did not load"), "\(output.all)")
  }
}

extension Scene {
  /// What the nginx of each host logged as errors around a failure: from a little more than the 10
  /// seconds before it on, for which nginx may hold it against a back-end that it failed.
  ///
  /// - Parameter time: in seconds since 1970, soon after the failure.
  func nginxErrors(before time: String) async throws -> String {
    var text = ""
    for host in ["edge-1", "app-1", "app-2"] {
      let output = try await on(
        host,
        """
        since=$(date -d "@$(($1 - 15))" '+%Y/%m/%d %T')
        sort -s -k 1,2 /var/log/nginx/*error.log | awk -v since="$since" '$1 " " $2 >= since' |
          head -n 40
        """, time)
      text += "\(host):\n\(output.all)"
    }
    return text
  }

  /// A program other than nginx that takes a port of the loopback address between the test of a
  /// release, which would have seen it, and the switch.
  func squat(on host: String, port: Int) async throws -> SandboxCommand {
    let script = """
      use Fcntl ":flock";
      use IO::Socket::INET;
      open my $switch, ">>", "/run/deploy/switch" or die "no lock: $!";
      flock $switch, LOCK_EX or die "no lock: $!";
      open my $ready, ">", "/run/squatting" or die "$!";
      for (1 .. 6000) { last if -e "/etc/deploy/pending.new"; select undef, undef, undef, 0.01 }
      my $socket = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => \(port), Listen => 1)
        or die "no port: $!";
      close $switch;
      sleep 60;
      """
    let squatter = try sandbox.spawn(["perl", "-e", script], on: .host(host))
    try await self.await("[ -e /run/squatting ]", on: host)
    try await on(host, "rm /run/squatting")
    return squatter
  }
}
