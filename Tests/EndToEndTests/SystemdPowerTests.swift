import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "A power cut at any moment of an apply leaves one release", .serialized,
  .requires(isRoot, "namespaces need root"),
  .requires(systemdProblem == nil, Comment(rawValue: systemdProblem ?? "")))
struct SystemdPowerTests {
  /// What a host looks like at the moment when its power fails; a path is below `/etc/deploy`.
  enum Moment: String, CaseIterable, Sendable {
    case staging = "[ -d releases/$release ]"
    case staged = "[ -f releases/$release/nginx/served ]"
    case testing = "[ -e /run/deploy/transaction/apart ]"
    case arming = "[ -f undo.sh.new ] || [ -f pending.new ]"
    case armed = "[ -f pending ]"
    case linked = "[ \"$(readlink current)\" = releases/$release ]"
    case applied = "[ -e pending ] && [ -s /run/deploy/applied ]"
    case confirming = "[ -f confirming ]"
    case confirmed = "grep -qx \"$release confirmed\" result"
  }

  private static let host = "app-1"
  /// How often a moment may be missed, which some are that last for milliseconds.
  private static let attempts = 6

  @Test("a change whose power is cut at a given point is whole after the boot")
  func change() async throws {
    try await SystemdFleet.play(confirmWithin: 20) { scene in
      try await scene.apply()
      var number = 1
      var ends: [String: [Moment]] = [:]
      for moment in Moment.allCases {
        var (next, cut): (Int, Bool?) = (number, nil)
        for _ in 0..<Self.attempts where cut == nil {
          // What is staged and never switched to leaves its number behind.
          (number, next) = (next, try await highestRelease(in: scene) + 1)
          try scene.write(SystemdFleet.inventory(next))
          cut = try await self.cut(at: moment, of: next, in: scene)
        }
        guard let isConfirmed = cut else {
          Issue.record("it never was \(moment)")
          continue
        }
        ends[isConfirmed ? "new" : "old", default: []].append(moment)
        try await scene.expectWhole(
          isConfirmed ? next : number, on: Self.host, "power cut at \(moment)")
        try await scene.apply()
        try await scene.expectNoChanges()
        number = try await highestRelease(in: scene)
        try await scene.expectWhole(number, on: Self.host, "after the next run, \(moment)")
      }
      print("power cuts of a change: \(ends)")
      #expect(ends["old", default: []].count > 3 && ends["new", default: []].count > 0, "\(ends)")
    }
  }

  @Test(
    "a first apply whose power is cut at a given point leaves a bare host or a whole one")
  func firstApply() async throws {
    for moment in [Moment.staged, .arming, .armed, .linked, .applied] {
      var wasCut = false
      for _ in 0..<Self.attempts where !wasCut {
        wasCut = try await firstApply(cutAt: moment)
      }
      #expect(wasCut, "it never was \(moment)")
    }
  }

  /// - Returns: false if the moment was missed.
  private func firstApply(cutAt moment: Moment) async throws -> Bool {
    var wasCut = false
    try await SystemdFleet.play(confirmWithin: 20) { scene in
      let bare = try await scene.fingerprint(of: Self.host)
      guard let isConfirmed = try await cut(at: moment, of: 1, in: scene) else { return }
      wasCut = true
      if isConfirmed {
        try await scene.expectWhole(1, on: Self.host, "power cut at \(moment)")
      } else if ![.staged, .arming].contains(moment) {
        // A staged release that was not armed disturbs nothing.
        #expect(try await scene.fingerprint(of: Self.host) == bare, "power cut at \(moment)")
        try await scene.expectNoUnits(on: Self.host)
      }
      try await scene.apply()
      try await scene.expectNoChanges()
    }
    return wasCut
  }

  private func highestRelease(in scene: Scene) async throws -> Int {
    let numbers = try await scene.on(Self.host, "ls /etc/deploy/releases").stdout
    return try #require(numbers.split(separator: "\n").compactMap { Int($0) }.max())
  }

  /// Applies to one host and cuts its power at a moment.
  ///
  /// - Returns: whether the release is confirmed there, as the host says after its boot and as the
  ///   run says that was cut off; nil if the moment passed before it was noticed, and the run ended well.
  private func cut(at moment: Moment, of release: Int, in scene: Scene) async throws -> Bool? {
    let waiting = try scene.sandbox.spawn(
      [
        "timeout", "30", "sh", "-c",
        """
        release=$1
        echo waiting > /run/waiting
        until cd /etc/deploy && { \(moment.rawValue); }; do :; done 2>/dev/null
        """, "sh", String(release),
      ], on: .host(Self.host))
    try await scene.on(Self.host, "until [ -f /run/waiting ]; do :; done")
    let run = try scene.spawn(
      "apply", "--yes", "--format", "json", "--playbook", scene.folder + "/quick.yml", "--limit",
      Self.host)
    guard try await waiting.wait().status == 0 else {
      let missed = try await run.wait()
      #expect(missed.status == 0, "\(moment): \(missed.all)")
      return nil
    }
    try await scene.sandbox.powerCycle(Self.host)
    let output = try await run.wait()
    let result = try await scene.on(Self.host, "cat /etc/deploy/result 2>/dev/null").stdout
    let isConfirmed = result == "\(release) confirmed\n"
    let told = try SummaryDocument(of: output).entry(Self.host).result
    #expect(
      isConfirmed
        ? ["confirmed", "unconfirmed"].contains(told) : !["confirmed", "unchanged"].contains(told),
      "\(moment): \(output.all)")
    #expect((output.status == 0) == (told == "confirmed"), "\(moment): \(output.all)")
    return isConfirmed
  }
}
