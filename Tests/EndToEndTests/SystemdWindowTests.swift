import Sandbox
import TestSupport
import Testing

@Suite(
  "A host with systemd rolls back after any fault before the confirmation", .serialized,
  .requires(isRoot, "namespaces need root"),
  .requires(systemdProblem == nil, Comment(rawValue: systemdProblem ?? "")))
struct SystemdWindowTests {
  enum Restart: String, CaseIterable, Sendable {
    case reboot
    case powerCycle = "power cut"

    func callAsFunction(_ host: String, in scene: Scene) async throws {
      switch self {
      case .reboot: try await scene.sandbox.reboot(host)
      case .powerCycle: try await scene.sandbox.powerCycle(host)
      }
    }
  }

  private static let restarted = "the host restarted before it was confirmed"
  private static let late = "it was not confirmed in time"

  @Test(
    "a restart before the confirmation restores the previous release, and the next run continues")
  func restarts() async throws {
    // Longer than the test: nothing but the restart can end it.
    try await SystemdFleet.play(confirmWithin: 300) { scene in
      try await scene.apply()
      for (index, restart) in Restart.allCases.enumerated() {
        try scene.write(SystemdFleet.inventory(index + 1))
        let release = index + 2
        try await scene.killOnceApplied(on: "app-1")
        try await restart("app-1", in: scene)
        try await scene.expectWhole(release - 1, on: "app-1", restart.rawValue)
        try await expectResult(Self.restarted, of: release, in: scene)
        try await scene.apply()
        try await scene.expectNoChanges()
        try await scene.expectWhole(release, on: "app-1")
        #expect(try await scene.journal(of: "app-1").hasSuffix("release \(release) confirmed\n"))
      }
    }
  }

  @Test(
    "a first apply that is interrupted by a restart leaves a bare host", arguments: Restart.allCases
  )
  func firstApply(_ restart: Restart) async throws {
    try await SystemdFleet.play(confirmWithin: 300) { scene in
      let bare = try await scene.fingerprint(of: "app-1")
      try await scene.killOnceApplied(on: "app-1")
      #expect(try await scene.fingerprint(of: "app-1") != bare)
      try await restart("app-1", in: scene)
      #expect(try await scene.fingerprint(of: "app-1") == bare)
      try await scene.expectNoUnits(on: "app-1")
      try await scene.apply()
      try await scene.expectNoChanges()
      try await scene.expectWhole(1, on: "app-1")
    }
  }

  @Test("a removal that is interrupted by a restart leaves the host in its release")
  func removal() async throws {
    try await SystemdFleet.play(confirmWithin: 300) { scene in
      let bare = try await scene.fingerprint(of: "app-1")
      try await scene.apply()
      var without = SystemdFleet.inventory()
      without.backEnds["app-1"] = nil
      try scene.write(without)
      try await scene.succeed("apply", "--yes", "--limit", "edge-1,app-2")
      try await scene.killOnceApplied(on: "app-1")
      try await scene.sandbox.powerCycle("app-1")
      try await scene.expectWhole(1, on: "app-1")
      try await scene.apply()
      #expect(try await scene.fingerprint(of: "app-1") == bare)
      try await scene.expectNoUnits(on: "app-1")
    }
  }

  @Test("with its shells killed, a timer of systemd rolls the release back, also without sshd")
  func timers() async throws {
    try await SystemdFleet.play(confirmWithin: 12) { scene in
      try await scene.apply()
      try scene.write(SystemdFleet.inventory(1))
      try await scene.killOnceApplied(on: "app-1")
      // A login's end may ask its processes to end, which they do not do.
      let killed = try await scene.on(
        "app-1",
        """
        timers=$(\(Scene.timers)) && [ -n "$timers" ] && kill -TERM $timers || exit
        tries=0
        while [ $tries -lt 40 ]; do
          [ "$(\(Scene.timers))" = "$timers" ] || exit 1
          tries=$((tries + 1)); sleep 0.02
        done
        kill -9 $timers || exit
        tries=0
        while pgrep -f 'undo[.]sh timer' >/dev/null; do
          tries=$((tries + 1)); [ $tries -lt 500 ] || exit 1; sleep 0.01
        done
        """)
      #expect(killed.status == 0, "\(killed.all)")
      try await scene.settle("app-1")
      try await scene.expectWhole(1, on: "app-1", "shells killed")
      try await expectResult(Self.late, of: 2, in: scene)

      try await scene.killOnceApplied(on: "app-1")
      try await scene.sandbox.stopSSH(on: "app-1")
      try await scene.settle("app-1")
      try await scene.expectWhole(1, on: "app-1", "sshd killed")
      try await scene.sandbox.startSSH(on: "app-1")
      try await expectResult(Self.late, of: 2, in: scene)

      try await scene.apply()
      try await scene.expectNoChanges()
      try await scene.expectWhole(2, on: "app-1")
      let left = try await scene.on(
        "app-1", "systemctl list-timers --all --no-legend 'deploy*'; systemctl --failed --no-legend"
      )
      #expect(left.all == "")
    }
  }

  /// The host says it in a file and in the journal, the next run in its plan.
  private func expectResult(_ why: String, of release: Int, in scene: Scene) async throws {
    #expect(try await scene.result(on: "app-1") == "\(release) reverted \(why)\n")
    #expect(try await scene.journal(of: "app-1").hasSuffix("release \(release) reverted \(why)\n"))
    let plan = try await scene.deploy("plan")
    #expect(
      plan.stdout.contains("warning: app-1 rolled back release \(release) automatically: \(why)"),
      "\(plan.all)")
  }
}
