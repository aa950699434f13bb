import Foundation
import Sandbox
import Testing

@Suite("Visitors notice nothing", .serialized, .enabled(if: isRoot, "needs root"))
struct TrafficTests {
  /// How many applies succeed, and how many are undone.
  static let rounds = 20

  @Test("no request fails while applies succeed and while they are undone")
  func traffic() async throws {
    var inventory = InventoryText()
    inventory.siteLines = ["snippets: {back_end: app.conf, front_end: edge.conf}"]
    try await Scene.play(inventory, alter: mixedSystems) { scene in
      try scene.write(UndoTests.playbook, to: "quick.yml")
      try scene.write("# 0\n", to: "app.conf")
      try scene.write("# 0\n", to: "edge.conf")
      try await scene.apply()
      let visitors = try scene.visitors(3)

      for round in 1...Self.rounds {
        try scene.write("# \(round)\n", to: round.isMultiple(of: 2) ? "app.conf" : "edge.conf")
        try await scene.apply()
      }
      // Half of them fail at the reload, for a port that another program takes after the test.
      for round in 1...Self.rounds / 2 {
        try scene.write("# not kept \(round)\n", to: "app.conf")
        try await scene.killOnceApplied(on: round.isMultiple(of: 2) ? "app-1" : "app-2")
        try scene.write("listen 127.0.0.1:7\(100 + round);\n", to: "edge.conf")
        let squatter = try scene.squat(on: "edge-1", port: 7100 + round)
        let output = try await scene.deploy(
          "apply", "--yes", "--playbook", scene.folder + "/quick.yml", "--limit", "edge-1")
        try await squatter.signal(SIGTERM)
        _ = try await squatter.wait()
        #expect(output.status == 1)
        #expect(output.stdout.contains("edge-1  reverted  nginx did not take"), "\(output.all)")
      }

      try await scene.sandbox.write("", to: scene.folder + "/visitors-stop", on: .controller)
      for visitor in visitors {
        let answers = try await visitor.wait().stdout.split(separator: "\n")
        let failed = answers.filter { !$0.hasPrefix("200 ") }
        #expect(answers.count > 100, "a visitor that does not visit sees nothing")
        #expect(failed.isEmpty, "\(failed.count) of \(answers.count): \(Set(failed))")
        print("a visitor had \(answers.count) answers, \(failed.count) of them failures")
      }
      try scene.write("# 0\n", to: "app.conf")
      try scene.write("# 0\n", to: "edge.conf")
      try await scene.apply()
      try await scene.expectNoChanges()
    }
  }
}

extension Scene {
  /// Programs that ask for the site, one request after another, until they are told to stop.
  ///
  /// By HTTP/1.1: a reload closes an HTTP/2 connection that has no request yet, and its client is to
  /// ask again (RFC 9113, 6.8), which curl does not.
  func visitors(_ count: Int) throws -> [SandboxCommand] {
    let script = """
      requests=0
      while [ ! -e \(folder)/visitors-stop ] && [ $requests -lt 100000 ]; do
        requests=$((requests + 1))
        curl --http1.1 -s -o /dev/null -w '%{http_code} %{exitcode} %{errormsg} %{time_total}\\n' --max-time 10 \
          --cacert \(folder)/shop.authority/authority-1.crt \
          --resolve shop.example:443:198.18.0.10 https://shop.example/
      done
      """
    return try (0..<count).map { _ in try sandbox.spawn(["sh", "-c", script]) }
  }

  /// A program that is no nginx and takes a port of the loopback address as soon as `nginx -t` is through.
  func squat(on host: String, port: Int) throws -> SandboxCommand {
    let script = """
      use IO::Socket::INET;
      until (-e "/etc/deploy/pending") { select undef, undef, undef, 0.005 }
      my $socket = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => \(port), Listen => 1);
      sleep 60;
      """
    return try sandbox.spawn(["perl", "-e", script], on: .host(host))
  }
}
