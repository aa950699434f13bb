import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "Runs on unrelated hosts go side by side", .serialized,
  .requires(isRoot && PostgreSQLServer.isInstalled, "PostgreSQL and root"))
struct SideBySideTests {
  private static let groups = ["eu", "us", "asia"]
  /// Applies of all four processes together.
  private static let applies = TestSetting.count(12, inSweep: 40)

  private static func frontEnd(_ group: Int) -> String { "198.18.0.\(10 + group)" }

  /// A site on a front-end and three back-ends for each group, of which the content can change.
  private static func inventory(_ roots: [String]) -> String {
    let frontEnds = groups.enumerated().map { number, group in
      "  edge-\(group): {address: \(frontEnd(number)), labels: {group: \(group)}}\n"
    }
    let backEnds = groups.enumerated().flatMap { number, group in
      (1...3).map {
        "  app-\(group)-\($0): {address: 198.18.0.\(20 + 10 * number + $0), labels: {group: \(group)}}\n"
      }
    }
    let sites = groups.enumerated().map { number, group in
      """
        \(group).example:
          front_ends: [edge-\(group)]
          back_ends: [app-\(group)-1, app-\(group)-2, app-\(group)-3]
          certificate: {files: {certificate: site.crt, key: site.key}}
          snippets: {back_end: answer.conf}
          back_end: {root: \(roots[number])}

      """
    }
    return """
      fleet: shop
      ca:
        name: Shop Certification Center
        passphrase: {env: DEPLOY_PASSPHRASE}
      ssh: {user: root, identity: ~/.ssh/id_ed25519}
      front_ends:
      \(frontEnds.joined())back_ends:
      \(backEnds.joined())sites:
      \(sites.joined())firewall: {policy: drop}
      """
  }

  /// What the runners want at the moment, as the branch that they share.
  private actor Branch {
    private var roots = Array(repeating: "/srv/shop", count: groups.count)

    func change(_ group: Int) -> [String] {
      roots[group] = roots[group] == "/srv/shop" ? "/srv/other" : "/srv/shop"
      return roots
    }

    var latest: [String] { roots }
  }

  @Test("four processes change three groups of a fleet at the same time")
  func groups() async throws {
    let roots = Array(repeating: "/srv/shop", count: Self.groups.count)
    let text = Self.inventory(roots)
    let names = Self.groups.map { "\($0).example" }
    try await TeamScene.play(
      text, on: try InventoryText.sandboxHosts(of: text), runners: 4, domains: names
    ) { team in
      try await team.succeed(0, "apply", "--yes")
      let state = try team.inventory(of: 0).dropFirst(text.count)
      let visitors = try Self.groups.enumerated().map { number, group in
        try Visitors(
          team.scene, ["edge-\(group)": Self.frontEnd(number)], of: "\(group).example")
      }
      let branch = Branch()
      try await withThrowingTaskGroup(of: Void.self) { runs in
        for runner in 0..<4 {
          runs.addTask {
            for round in 0..<(Self.applies / 4) {
              // The fourth process goes from group to group.
              let group = runner < 3 ? runner : round % Self.groups.count
              let wanted = await branch.change(group)
              try team.write(Self.inventory(wanted) + state, for: runner)
              try await team.succeed(
                runner, "apply", "--yes", "--limit", "group=\(Self.groups[group])",
                "--lock-timeout", "5m")
            }
          }
        }
        try await runs.waitForAll()
      }
      let latest = await branch.latest
      for runner in 0..<4 { try team.write(Self.inventory(latest) + state, for: runner) }
      try await team.succeed(0, "apply", "--yes")
      try await team.expectNoChanges()
      try await expectContent(latest, team)
      try expectRecords(team)
      for visitors in visitors { try await visitors.expectNoFailure("applies side by side") }
      #expect(try await team.run(0, "verify").status == 0)
    }
  }

  private func expectContent(_ roots: [String], _ team: TeamScene) async throws {
    for (number, group) in Self.groups.enumerated() {
      for app in 1...3 {
        let served = try await team.scene.on(
          "app-\(group)-\(app)", "grep -rh root /etc/deploy/current/nginx/back-end")
        #expect(served.stdout.contains(roots[number]), "\(group): \(served.all)")
      }
    }
  }

  /// No run was lost, none recorded twice under one serial, and unrelated ones overlapped in time.
  private func expectRecords(_ team: TeamScene) throws {
    #expect(try team.query("SELECT count(*) FROM deploy.runs WHERE ended_at IS NULL") == "0")
    #expect(try team.query("SELECT count(*) FROM deploy.runs WHERE lost_to IS NOT NULL") == "0")
    #expect(try team.query("SELECT count(*) FROM deploy.reservations") == "0")
    let serials = try team.query(
      """
      SELECT count(*) - count(DISTINCT s) FROM (SELECT record -> 'certificate' ->> 'serial' AS s
      FROM deploy.records WHERE kind = 'issued') AS issued
      """)
    #expect(serials == "0")
    let overlaps = try team.query(
      """
      SELECT count(*) FROM deploy.runs a JOIN deploy.runs b ON a.id < b.id
      AND a.started_at < b.ended_at AND b.started_at < a.ended_at
      """)
    print("\(Self.applies) applies: \(overlaps) pairs of runs overlapped")
    #expect(Int(overlaps) ?? 0 > 0)
  }
}
