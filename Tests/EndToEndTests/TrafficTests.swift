import Foundation
import Sandbox
import Testing

@Suite("Visitors notice nothing", .serialized, .enabled(if: isRoot, "needs root"))
struct TrafficTests {
  /// How many applies succeed, and how many are undone.
  static let rounds = 20
  /// How many visitors ask at the same time; more of them find more, and make all slower.
  private static let visitors =
    ProcessInfo.processInfo.environment["DEPLOY_VISITORS"].flatMap(Int.init) ?? 3
  /// For the back-ends: nginx refuses to post to a file.
  private static let takesPosts = "error_page 405 =200 $uri;\n"

  @Test("no request fails while applies succeed and while they are undone")
  func traffic() async throws {
    var inventory = InventoryText()
    inventory.siteLines = ["snippets: {back_end: app.conf, front_end: edge.conf}"]
    try await Scene.play(inventory, alter: mixedSystems) { scene in
      try scene.write(UndoTests.playbook, to: "quick.yml")
      try scene.write(Self.takesPosts + "# 0\n", to: "app.conf")
      try scene.write("# 0\n", to: "edge.conf")
      try await scene.apply()
      let visitors = try scene.visitors(Self.visitors)

      for round in 1...Self.rounds {
        if round.isMultiple(of: 2) {
          try scene.write(Self.takesPosts + "# \(round)\n", to: "app.conf")
        } else {
          try scene.write("# \(round)\n", to: "edge.conf")
        }
        try await scene.apply()
      }
      // Half of them fail at the reload, for a port that another program takes after the test.
      for round in 1...Self.rounds / 2 {
        try scene.write(Self.takesPosts + "# not kept \(round)\n", to: "app.conf")
        try await scene.killOnceApplied(on: round.isMultiple(of: 2) ? "app-1" : "app-2")
        try scene.write("listen 127.0.0.1:7\(100 + round);\n", to: "edge.conf")
        let squatter = try await scene.squat(on: "edge-1", port: 7100 + round)
        let output = try await scene.deploy(
          "apply", "--yes", "--playbook", scene.folder + "/quick.yml", "--limit", "edge-1")
        try await squatter.signal(SIGTERM)
        _ = try await squatter.wait()
        #expect(output.status == 1)
        #expect(output.stdout.contains("edge-1  reverted  nginx did not take"), "\(output.all)")
      }

      try await scene.sandbox.write("", to: scene.folder + "/visitors-stop", on: .controller)
      for visitor in visitors {
        let lines = try await visitor.wait().stdout.split(separator: "\n").map(String.init)
        let times = lines.filter { $0.hasPrefix(Scene.failedBefore) }
        let failed = lines.filter { !$0.hasPrefix("200 ") && !times.contains($0) }
        let count = lines.count - times.count
        #expect(count > 100, "a visitor that does not visit sees nothing")
        print("a visitor had \(count) answers, \(failed.count) of them failures")
        if let time = times.first?.dropFirst(Scene.failedBefore.count) {
          let why = try await scene.nginxErrors(before: String(time))
          let some = failed.prefix(9).joined(separator: "\n")
          Issue.record("\(failed.count) of \(count):\n\(some)\n\(why)")
        }
      }
      let again = try await scene.on(
        "edge-1", "grep -vc 'no live upstreams' /var/log/nginx/shop.example.front-end.error.log")
      print("the front-end asked another back-end: \(again.stdout)")
      try scene.write("# in the end\n", to: "app.conf")
      try scene.write("# in the end\n", to: "edge.conf")
      try await scene.apply()
      try await scene.expectNoChanges()
    }
  }
}

extension Scene {
  fileprivate static let failedBefore = "failed before "

  /// Programs that ask for the site, one request after another, each over a connection of its own,
  /// until they are told to stop; every second batch of them posts.
  ///
  /// By HTTP/1.1: a reload closes an HTTP/2 connection that has no request yet, and its client is to
  /// ask again (RFC 9113, 6.8), which curl does not.
  ///
  /// They print a line for each answer: the status, what else curl says, and the request as the logs
  /// have it; behind a batch with failures the time in seconds since 1970.
  func visitors(_ count: Int) throws -> [SandboxCommand] {
    let script = """
      batch=0 posted=
      while [ ! -e \(folder)/visitors-stop ] && [ $batch -lt 10000 ]; do
        batch=$((batch + 1))
        case $posted in '') posted='--data a=b' ;; *) posted= ;; esac
        answers=$(curl --http1.1 --header 'Connection: close' -s -o /dev/null --max-time 10 $posted \
          -w "%{http_code} %{exitcode} %{errormsg} %{time_total} s %{url_effective}\\n" \
          --cacert \(folder)/shop.authority/authority-1.crt \
          --resolve shop.example:443:198.18.0.10 \
          "https://shop.example/?visitor=$1&request=$batch.[10-29]")
        printf '%s\n' "$answers"
        ! printf '%s\n' "$answers" | grep -qv '^200 ' || date '+\(Self.failedBefore)%s'
      done
      """
    return try (1...count).map { try sandbox.spawn(["sh", "-c", script, "sh", "\($0)"]) }
  }

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

  /// A program that is no nginx and takes a port of the loopback address between the test of a
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
