import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "A team shares a fleet through a database", .serialized,
  .requires(isRoot && PostgreSQLServer.isInstalled, "PostgreSQL and root"))
struct TeamTests {
  private static let playbook = "name: quick\nrollout: {batch: 50%, confirm_within: 5s}\n"

  private func play(_ body: (TeamScene) async throws -> Void) async throws {
    let inventory = RotationScene.inventory
    try await TeamScene.play(
      inventory.text, on: inventory.sandboxHosts(), domains: ["shop.example"], body)
  }

  private func quick(_ team: TeamScene) throws -> String {
    try team.scene.write(Self.playbook, to: "quick.yml")
    return team.scene.folder + "/quick.yml"
  }

  /// Another content of the site.
  private func change(_ team: TeamScene, _ runner: Int) throws {
    let inventory = try team.inventory(of: runner)
    let (old, new) =
      inventory.contains("root: /srv/shop")
      ? ("root: /srv/shop", "root: /srv/other") : ("root: /srv/other", "root: /srv/shop")
    for runner in 0...1 {
      try team.write(inventory.replacing(old, with: new), for: runner)
    }
  }

  @Test("what one runner revokes stays refused, and what it begins another one completes")
  func twoRunners() async throws {
    try await play { team in
      try await team.succeed(0, "apply", "--yes")
      try await team.expectNoChanges()
      let visitors = try Visitors(team.scene, RotationScene.frontEnds)
      let thief = try await StolenIdentity(of: "edge-1", team.scene)
      let serial = try await thief.serial().lowercased()
      #expect(try await thief.ask("198.18.0.21").status == 200)
      try await team.succeed(0, "revoke", "--serial", serial, "--yes")
      try change(team, 1)
      try await team.succeed(1, "apply", "--yes")
      for address in ["198.18.0.21", "198.18.0.24"] {
        #expect(try await thief.ask(address).isRefused)
      }

      let rotation = try team.watch(
        0, "rotate", "ca", "--yes", "--playbook", try quick(team))
      try await rotation.expect("edge-1: confirmed")
      try await rotation.kill()
      for host in RotationScene.hosts { try await team.scene.settle(host, isHurried: true) }
      // The reservation of the killed run expires.
      try await team.succeed(
        1, "rotate", "ca", "--yes", "--lock-timeout", "2m", "--playbook", try quick(team))
      let status = try await team.succeed(0, "rotate", "ca", "--status", "--format", "json")
      #expect(status.stdout.contains("\"isRotating\" : false"), "\(status.all)")
      #expect(status.stdout.contains("\"generation\" : 2"), "\(status.all)")
      for address in ["198.18.0.21", "198.18.0.24"] {
        #expect(try await thief.ask(address).isRefused)
      }
      try await visitors.expectNoFailure("two runners")
      try await team.expectNoChanges()
      #expect(try await team.run(1, "verify").status == 0)
      try await searchForSecrets(team)
    }
  }

  /// No passphrase and no private key in clear, anywhere in the database or beside an inventory.
  private func searchForSecrets(_ team: TeamScene) async throws {
    let dump =
      try team.query(
        "SELECT string_agg(convert_from(content, 'UTF8'), ' ') FROM deploy.files")
      + team.query("SELECT string_agg(record::text, ' ') FROM deploy.records")
      + team.query("SELECT string_agg(r::text, ' ') FROM deploy.runs r")
    #expect(!dump.contains(Scene.passphrase) && !dump.contains("BEGIN PRIVATE KEY"))
    #expect(dump.contains("BEGIN ENCRYPTED PRIVATE KEY"))
  }

  /// After how many lines of progress something happens: four hosts are staged, switch and are confirmed.
  private static let moments =
    (0..<TestSetting.count(4, inSweep: 20)).map { 1 + (1 + 7 * $0) % 12 }

  /// Starts an apply of a change, and returns it at a moment.
  private func begin(_ team: TeamScene, _ playbook: String, until lines: Int) async throws
    -> WatchedRun
  {
    try change(team, 0)
    let run = try team.watch(0, "apply", "--yes", "--playbook", playbook)
    try await eventually("the run has come to line \(lines)") {
      try run.progress.split(separator: "\n").count >= lines
    }
    return run
  }

  @Test("a runner that is killed at any moment leaves what the next one completes")
  func killed() async throws {
    try await play { team in
      let playbook = try quick(team)
      try await team.succeed(0, "apply", "--yes", "--playbook", playbook)
      let visitors = try Visitors(team.scene, RotationScene.frontEnds)
      for moment in Self.moments {
        try await begin(team, playbook, until: moment).kill()
        try team.letReservationsExpire()
        let next = try await team.succeed(
          1, "apply", "--yes", "--lock-timeout", "1m", "--playbook", playbook)
        #expect(!next.all.contains("bug in deploy"))
        try await team.expectNoChanges()
      }
      try await visitors.expectNoFailure("\(Self.moments.count) kills of a runner")
    }
  }

  private enum Fault: CaseIterable { case cut, restart, freeze, stop }

  @Test("a database that loses connections, restarts or freezes stops no host halfway")
  func databaseFaults() async throws {
    try await play { team in
      let playbook = try quick(team)
      try await team.succeed(0, "apply", "--yes", "--playbook", playbook)
      let visitors = try Visitors(team.scene, RotationScene.frontEnds)
      for (number, moment) in Self.moments.enumerated() {
        let fault = Fault.allCases[number % Fault.allCases.count]
        let run = try await begin(team, playbook, until: moment)
        switch fault {
        case .cut: try team.cutConnections()
        case .restart: try await team.server.restart()
        case .freeze: try team.server.freeze(true)
        case .stop: team.server.stop()
        }
        let output = try await run.command.wait()
        let said = try run.progress + output.all
        switch fault {
        case .freeze: try team.server.freeze(false)
        case .stop: try await team.server.start()
        case .cut, .restart: #expect(output.status == 0, "\(fault) at \(moment): \(said)")
        }
        #expect(!said.contains("bug in deploy"), "\(fault) at \(moment): \(said)")
        try team.letReservationsExpire()
        for host in RotationScene.hosts { try await team.scene.settle(host, isHurried: true) }
        try await team.succeed(
          1, "apply", "--yes", "--lock-timeout", "1m", "--playbook", playbook)
        try await team.expectNoChanges()
      }
      try await visitors.expectNoFailure("\(Self.moments.count) faults of the database")
    }
  }

  @Test("a runner that slept while another one took over begins no host and records nothing")
  func sleeping() async throws {
    try await play { team in
      let playbook = try quick(team)
      try await team.succeed(0, "apply", "--yes", "--playbook", playbook)
      let visitors = try Visitors(team.scene, RotationScene.frontEnds)
      try change(team, 0)
      let run = try team.watch(0, "apply", "--yes", "--playbook", playbook)
      try await run.expect("app-1: confirmed")
      try await run.command.signal(SIGSTOP)
      try team.letReservationsExpire()
      for host in RotationScene.hosts { try await team.scene.settle(host, isHurried: true) }
      try await team.succeed(1, "apply", "--yes", "--lock-timeout", "1m", "--playbook", playbook)
      let records = try team.query("SELECT md5(string_agg(record::text, key)) FROM deploy.records")
      try await run.command.signal(SIGCONT)
      let output = try await run.command.wait()
      let said = try run.progress + output.all
      #expect(output.status != 0, "\(said)")
      #expect(said.contains("has taken over") || said.contains("another run has"), "\(said)")
      #expect(
        try team.query("SELECT md5(string_agg(record::text, key)) FROM deploy.records") == records)
      try await team.expectNoChanges()
      try await visitors.expectNoFailure("a runner that slept")
    }
  }

  @Test("a busy fleet ends another run with who has it, and a wait gets it afterwards")
  func waiting() async throws {
    try await play { team in
      try await team.succeed(0, "apply", "--yes")
      try change(team, 0)
      try team.query(
        """
        INSERT INTO deploy.runs (id, fleet, who, command, process, alive_until)
        SELECT 'busy', id, 'anna@laptop', 'apply', 7, now() + interval '1 hour' FROM deploy.fleets;
        INSERT INTO deploy.reservations SELECT fleet, 'app-3', id, true FROM deploy.runs WHERE id = 'busy'
        """)
      let refused = try await team.run(1, "apply", "--yes", "--limit", "app-1")
      #expect(refused.status == 75, "\(refused.all)")
      for words in ["anna@laptop", "deploy apply", "app-3", "--lock-timeout"] {
        #expect(refused.stderr.contains(words), "\(refused.stderr)")
      }
      let run = try team.watch(1, "apply", "--yes", "--limit", "app-1", "--lock-timeout", "5m")
      try await run.expect("waiting for another run")
      try team.query("DELETE FROM deploy.runs WHERE id = 'busy'")
      #expect(try await run.command.wait().status == 0)
    }
  }
}
