import Foundation
import Sandbox
import TestSupport
import Testing

/// `DEPLOY_KILLS=all` tries every event of a rotation, with the state kept and with the state lost; a
/// number tries that many events.
@Suite(
  "An interrupted rotation of the CA continues", .serialized,
  .requires(isRoot, "namespaces need root"))
struct RotationKillTests {
  private static let wanted = ProcessInfo.processInfo.environment["DEPLOY_KILLS"]
  private static var isWhole: Bool { wanted == "all" }

  /// What a rotation does that shows from outside.
  private enum Event: Hashable, CustomStringConvertible {
    /// A line, and how many like it were there before.
    case said(String, Int)
    /// A file of the CA's folder is there.
    case made(File)
    /// The old generation's marker is gone.
    case finished

    enum File: String, CaseIterable {
      case newKey, newCertificate, marker, archivedKey, archivedCertificate
    }

    /// Whether the rotation may finish before it is killed.
    var isAtTheEnd: Bool {
      switch self {
      case .finished, .made(.archivedKey), .made(.archivedCertificate): true
      case .made, .said: false
      }
    }

    var description: String {
      switch self {
      case .said(let line, let before): "\(line) (\(before + 1))"
      case .made(let file): "made \(file)"
      case .finished: "finished"
      }
    }
  }

  @Test("killed after any event, it can be completed without a failed request")
  func stateKept() async throws { try await kill(atMost: 3, losingState: false) }

  @Test("killed after any event and with its state lost, it can be completed too")
  func stateLost() async throws { try await kill(atMost: 1, losingState: true) }

  private func kill(atMost usual: Int, losingState: Bool) async throws {
    var generator = SeededGenerator.announced()
    try await RotationScene.play { scene in
      let visitors = try Visitors(
        scene, RotationScene.frontEnds, perSecond: Self.isWhole ? 5 : 10)
      let playbook = try scene.writeQuickPlaybook(", verify: edges")
      let events = try await self.events(scene, playbook)
      let chosen =
        Self.isWhole
        ? events
        : Array(
          events.shuffled(using: &generator).prefix(Self.wanted.flatMap { Int($0) } ?? usual))
      var late: [Event] = []
      for (number, event) in chosen.enumerated() {
        let killed = try await rotate(scene, playbook, killedBehind: event, losingState)
        if !killed { late.append(event) }
        #expect(killed || event.isAtTheEnd, "never seen: \(event)")
        if Self.isWhole { print("\(number + 1) of \(chosen.count): \(event)") }
      }
      let what =
        "a rotation of \(events.count) events, killed \(chosen.count - late.count) times"
        + (losingState ? " with its state lost" : "")
      print("\(what); ended before: \(late)")
      try await visitors.expectNoFailure(what)
      try await scene.expectNoChanges()
      #expect(try await scene.deploy("verify").status == 0)
    }
  }

  /// All that a rotation from generation 1 to 2 does, in its order.
  private func events(_ scene: Scene, _ playbook: String) async throws -> [Event] {
    let run = try scene.watch("rotate", "ca", "--yes", "--playbook", playbook)
    let output = try await run.command.wait()
    let said = try run.progress
    #expect(output.status == 0, "\(said)\(output.all)")
    try await scene.expectRotated(to: 2)
    var counts: [String: Int] = [:]
    let lines = Self.lines(said).map { line in
      defer { counts[line, default: 0] += 1 }
      return Event.said(line, counts[line] ?? 0)
    }
    #expect(lines.count > 3 * 2 * RotationScene.hosts.count, "\(said)")
    return [.made(.newKey), .made(.newCertificate), .made(.marker)] + lines
      + [.made(.archivedKey), .made(.archivedCertificate), .finished]
  }

  /// The whole lines, without the numbers of releases.
  private static func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
      $0.contains(": confirmed") ? $0.prefix { $0 != ":" } + ": confirmed" : String($0)
    }
  }

  private static func hasCome(
    _ event: Event, _ run: WatchedRun, _ scene: Scene, from old: Int
  ) throws -> Bool {
    let folder = scene.folder + "/shop.ca"
    func exists(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: "\(folder)/\(name)")
    }
    switch event {
    case .said(let line, let before): return lines(try run.progress).count { $0 == line } > before
    case .made(.newKey): return exists("ca-\(old + 1).key")
    case .made(.newCertificate): return exists("ca-\(old + 1).crt")
    case .made(.marker): return exists("ca-\(old).retiring")
    case .made(.archivedKey): return exists("archive/ca-\(old).key")
    case .made(.archivedCertificate): return exists("archive/ca-\(old).crt")
    case .finished:
      return exists("archive/ca-\(old).crt") && !exists("ca-\(old).retiring")
    }
  }

  private static func latest(_ scene: Scene) throws -> Int {
    let names = try FileManager.default.contentsOfDirectory(
      atPath: scene.folder + "/shop.ca")
    return names.compactMap { name in
      name.hasSuffix(".crt") ? Int(name.dropFirst("ca-".count).dropLast(4)) : nil
    }.max() ?? 0
  }

  /// - Returns: false where it had ended before it could be killed.
  private func rotate(
    _ scene: Scene, _ playbook: String, killedBehind event: Event, _ losingState: Bool
  ) async throws -> Bool {
    let old = try Self.latest(scene)
    let run = try scene.watch("rotate", "ca", "--yes", "--playbook", playbook)
    let killed = try await run.isKilled { try Self.hasCome(event, run, scene, from: old) }
    if killed {
      if losingState { try await scene.loseState() }
      try await scene.succeed("rotate", "ca", "--yes", "--playbook", playbook)
    }
    let new = try Self.latest(scene)
    // What was killed behind its very end is followed by a rotation of its own.
    #expect(new == old + 1 || new == old + 2 && event.isAtTheEnd, "\(event): \(old) to \(new)")
    try await scene.expectRotated(to: new)
    return killed
  }

  /// A host that is lost, and what has happened by then: so it is out of reach in the stage that follows.
  private struct Loss {
    var phase: String
    var host: String
    var behind: (host: String, confirmations: Int)?
  }

  /// Front-ends trust both; back-ends do and show the new; front-ends show it and forget; back-ends forget.
  private static let losses = [
    Loss(phase: "trust", host: "edge-2"),
    Loss(phase: "reissue of back-ends", host: "app-2", behind: ("edge-1", 1)),
    Loss(phase: "reissue of front-ends", host: "edge-1", behind: ("app-1", 1)),
    Loss(phase: "forget", host: "app-3", behind: ("edge-1", 2)),
  ]

  @Test("a host that is down in any phase is named, fails no request, and the next run continues")
  func lostHost() async throws {
    try await RotationScene.play { scene in
      let visitors = try Visitors(scene, RotationScene.frontEnds)
      let playbook = try scene.writeQuickPlaybook()
      for (index, loss) in Self.losses.enumerated() {
        let host = loss.host
        func cut() async throws {
          try await scene.on(host, "pkill -KILL -x sshd; rm -f /run/sshd.pid")
        }
        if loss.behind == nil { try await cut() }
        let run = try scene.watch("rotate", "ca", "--yes", "--playbook", playbook)
        if let (other, confirmations) = loss.behind {
          try await run.expect("\(other): confirmed", times: confirmations)
          try await cut()
        }
        let output = try await run.command.wait()
        let said = try run.progress
        #expect(output.status == 1, "\(loss.phase): \(said)\(output.all)")
        #expect(said.contains("is still needed") && said.contains("    \(host): "), "\(said)")
        let status = try await scene.succeed("rotate", "ca", "--status")
        #expect(status.stdout.contains("as recorded: "), "\(status.all)")
        try await scene.on(host, "/usr/sbin/sshd -E /var/log/sshd.log")
        try await scene.succeed("rotate", "ca", "--yes", "--playbook", playbook)
        try await scene.expectRotated(to: index + 2)
        try await scene.expectNoChanges()
      }
      try await visitors.expectNoFailure("rotations with a host down, \(Self.losses.count) times")
    }
  }
}
