import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "Ctrl-C leaves every host whole and the summary printed", .serialized,
  .requires(isRoot, "namespaces need root"))
struct InterruptTests {
  private static let backEnds = ["app-1", "app-2"]
  private static let hosts = backEnds + ["edge-1"]
  private static let playbook = "name: two\nrollout: {batch: 2, confirm_within: 5s}\n"

  /// A change of a fleet: the back-ends, one of which has systemd, and then the front-end.
  private func play(
    _ body: (Scene, [String: RestingHost], () throws -> WatchedRun) async throws -> Void
  ) async throws {
    try await Scene.play(alter: mixedSystems) { scene in
      try await scene.apply()
      try scene.write(Self.playbook, to: "two.yml")
      var inventory = InventoryText(root: "/srv/other")
      inventory.firewall = "{policy: drop, allow: [{port: 9100}]}"
      try scene.write(inventory)
      let before = try await scene.restingHosts(Self.hosts, "before")
      try await body(scene, before) {
        try scene.watch(
          "apply", "--yes", "--format", "json", "--playbook", scene.folder + "/two.yml")
      }
      try await scene.apply()
      try await scene.expectNoChanges()
      _ = try await scene.restingHosts(Self.hosts, "in the end")
    }
  }

  @Test("the first Ctrl-C at the question ends the run at once and changes nothing")
  func atQuestion() async throws {
    try await play { scene, before, _ in
      // script(1) has a terminal for the program, and types there what it reads itself.
      let words = scene.command(["apply"]).joined(separator: " ")
      let run = try await scene.sandbox.run(
        [
          "sh", "-c",
          """
          for round in $(seq 600); do
            grep -q 'Enter "yes" to continue' "$0" 2> /dev/null && break
            sleep 0.1
          done | cat - "$1" | script --quiet --return --flush --command "$2" "$0"
          """, scene.folder + "/terminal", try Self.ctrlC(in: scene), words,
        ], environment: Scene.environment)
      #expect(run.status == 130, "\(run.all)")
      #expect(try scene.read("terminal").contains("Enter \"yes\" to continue"), "\(run.all)")
      let after = try await scene.restingHosts(Self.hosts, "at the question")
      #expect(after == before)
    }
  }

  private static func ctrlC(in scene: Scene) throws -> String {
    try scene.write("\u{3}", to: "ctrl-c")
    return scene.folder + "/ctrl-c"
  }

  @Test("the first Ctrl-C while hosts are staged attempts none of them")
  func whileStaged() async throws {
    try await play { scene, before, start in
      let lock = try await HeldLock.take("lock", on: "app-2", scene)
      let run = try start()
      try await run.expect("app-1: staged and validated")
      try await run.command.signal(SIGINT)
      let output = try await run.command.wait()
      #expect(output.status == 130, "\(output.all)")
      let results = try await scene.expectTruth(
        of: output, since: before.without("app-2"), "staged")
      #expect(Set(results.values) == ["not attempted"], "\(output.all)")
      try await lock.letGo()
      // It looks for the lock a few times a second, and finds it free.
      try await scene.await("! pgrep -f \(Scene.hostProgram)", on: "app-2")
      let after = try await scene.restingHosts(Self.hosts, "staged")
      #expect(after == before)
      #expect(try await scene.on("app-1", "ls /etc/deploy/releases").stdout == "1\n")
    }
  }

  /// Makes both back-ends wait between their go signal and the switch.
  private func stopInTheSwitch(
    _ scene: Scene, _ start: () throws -> WatchedRun
  ) async throws -> (run: WatchedRun, locks: [HeldLock]) {
    var locks: [HeldLock] = []
    for host in Self.backEnds { locks.append(try await .take("switch", on: host, scene)) }
    let run = try start()
    for host in Self.backEnds {
      try await scene.await("[ -e /etc/deploy/pending.new ]", on: host)
    }
    return (run, locks)
  }

  @Test("the first Ctrl-C while hosts switch lets those finish and attempts no other")
  func whileSwitching() async throws {
    try await play { scene, before, start in
      let (run, locks) = try await stopInTheSwitch(scene, start)
      try await run.command.signal(SIGINT)
      try await run.expect("deploy: stopping")
      for lock in locks { try await lock.letGo() }
      let output = try await run.command.wait()
      #expect(output.status == 130, "\(output.all)")
      let results = try await scene.expectTruth(of: output, since: before, "switching")
      #expect(
        results == ["app-1": "confirmed", "app-2": "confirmed", "edge-1": "not attempted"])
    }
  }

  @Test("the second Ctrl-C ends at once and reports which hosts were left in the middle")
  func twice() async throws {
    try await play { scene, before, start in
      let (run, locks) = try await stopInTheSwitch(scene, start)
      try await run.command.signal(SIGINT)
      try await run.expect("deploy: stopping")
      try await run.command.signal(SIGINT)
      let output = try await run.command.wait()
      #expect(output.status == 130, "\(output.all)")
      let summary = try SummaryDocument(of: output)
      for host in Self.backEnds {
        #expect(try summary.entry(host).result == "unconfirmed", "\(output.all)")
        #expect(
          try summary.entry(host).detail.hasPrefix("the run was abandoned during the change"),
          "\(output.all)")
      }
      #expect(try summary.entry("edge-1").result == "not attempted", "\(output.all)")
      for lock in locks { try await lock.letGo() }
      let after = try await scene.restingHosts(Self.hosts, "twice")
      #expect(after.mapValues(\.manifest) == before.mapValues(\.manifest))
      for host in Self.backEnds {
        #expect(after[host]?.result == "2 reverted it was not confirmed in time", "\(host)")
      }
    }
  }
}

extension Dictionary {
  fileprivate func without(_ key: Key) -> Dictionary { filter { $0.key != key } }
}
