import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "An old folder undoes no newer changes", .serialized,
  .requires(isRoot, "namespaces need root"))
struct StaleFolderTests {
  private static let advice = ["deploy state rebuild --inventory ", "Get the newer "]

  private static let commands = [
    ["plan"], ["apply", "--yes"], ["rotate", "certificates", "--yes"],
  ]

  /// That an unrelated change from the folder stops, says why and what to do, and changes no host.
  private func expectStop(
    _ folders: TwoFolders, naming words: [String],
    of commands: [[String]] = Self.commands,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let before = try await folders.fingerprints()
    for command in commands {
      let output = try await folders.bert.deploy(command)
      #expect(output.status == 1, "\(command): \(output.all)", sourceLocation: sourceLocation)
      for word in words {
        #expect(output.all.contains(word), "\(output.all)", sourceLocation: sourceLocation)
      }
    }
    #expect(try await folders.fingerprints() == before, sourceLocation: sourceLocation)
  }

  /// Who made the releases and when, as a message says it of a host: the time is a day and a minute.
  private static func claim(of host: String) throws -> Regex<Substring> {
    try Regex(
      "\(host): release \\d+ by [^@ ]+@[^ ,]+, \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d, from serial \\d+;"
        + " this state has serial \\d+")
  }

  private func expectWhoAndWhen(_ folders: TwoFolders) async throws {
    let output = try await folders.bert.deploy("apply", "--yes")
    for host in TwoFolders.hosts {
      #expect(try output.stderr.contains(Self.claim(of: host)), "\(host): \(output.all)")
    }
  }

  @Test(
    "after a colleague's revocation, an apply from an old folder stops, and the certificate stays refused",
    arguments: ["rebuild", "take"])
  func revocation(_ way: String) async throws {
    try await TwoFolders.play { folders in
      try await folders.expectAccepted(true)
      try await folders.anna.succeed("revoke", "edge-1", "--yes")
      try await folders.expectAccepted(false)

      try folders.bert.write(InventoryText(root: "/srv/other"))
      try await expectStop(folders, naming: Self.advice)
      try await expectWhoAndWhen(folders)
      for host in TwoFolders.backEnds.keys {
        let list = try await folders.anna.on(host, "test -s /etc/deploy/current/tls/revoked.crl")
        #expect(list.status == 0, "\(host) has lost its list")
      }
      try await folders.expectAccepted(false)

      if way == "rebuild" {
        try await folders.bert.succeed("state", "rebuild")
      } else {
        try await folders.bert.take(["shop.state.json"], from: folders.anna)
      }
      let applied = try await folders.bert.apply()
      #expect(!applied.stdout.contains("- tls/revoked.crl"), "\(applied.all)")
      try await folders.expectAccepted(false)
      #expect(try await folders.thief.ask("198.18.0.21", with: .current).status == 200)
      #expect(try await folders.bert.fetch().stdout.hasPrefix("/srv/other"))
      try await folders.bert.expectNoChanges()
      // Now the other copy is yesterday's.
      let stale = try await folders.anna.deploy("plan")
      let claim = try Self.claim(of: "app-1")
      #expect(stale.status == 1 && stale.stderr.contains(claim), "\(stale.all)")
    }
  }

  @Test("an old state catches up with a host that leaves by the same change")
  func leavingHost() async throws {
    try await TwoFolders.play { folders in
      try await folders.anna.succeed("rotate", "certificates", "--yes")
      var inventory = InventoryText()
      inventory.backEnds["app-2"] = nil
      try folders.bert.write(inventory)
      try await expectStop(folders, naming: Self.advice)
      let rebuilt = try await folders.bert.succeed("state", "rebuild")
      #expect(rebuilt.stdout.contains("3 of 3 hosts have a release"), "\(rebuilt.all)")
      try await folders.bert.apply()
      try await folders.bert.expectNoChanges()
      #expect(try await folders.bert.inForce(on: "app-2") == "bare\n")
    }
  }

  @Test("overriding a colleague's releases does not override their revocations")
  func overridden() async throws {
    try await TwoFolders.play { folders in
      try await folders.anna.succeed("revoke", "edge-1", "--yes")
      try folders.bert.write(InventoryText(root: "/srv/other"))
      try await folders.bert.succeed("apply", "--yes", "--override-newer")
      try await folders.expectAccepted(false)
      #expect(try await folders.bert.fetch().stdout.hasPrefix("/srv/other"))
      try await folders.bert.expectNoChanges()
    }
  }

  @Test("after a colleague's emergency rotation, the compromised CA is not trusted again")
  func emergency() async throws {
    try await TwoFolders.play { folders in
      let compromised = try await folders.anna.trusted(by: "app-1")
      #expect(compromised.count == 1)
      try await folders.anna.succeed("rotate", "ca", "--emergency", "--yes")
      let current = try await folders.anna.trusted(by: "app-1")
      #expect(current.count == 1 && current.isDisjoint(with: compromised))

      func expectGone(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        for host in TwoFolders.hosts {
          let trusted = try await folders.anna.trusted(by: host)
          #expect(trusted == current, "\(host)", sourceLocation: sourceLocation)
        }
        try await folders.expectAccepted(false, sourceLocation: sourceLocation)
      }
      try folders.bert.write(InventoryText(root: "/srv/other"))
      try await expectStop(folders, naming: Self.advice)
      try await expectWhoAndWhen(folders)
      try await expectGone()

      // The state has caught up, the CA folder has not: what it would sign with was retired.
      try await folders.bert.succeed("state", "rebuild")
      let plan = try await folders.bert.deploy("plan")
      #expect(plan.stdout.contains("an apply from this controller would stop: "), "\(plan.all)")
      try await expectStop(folders, naming: ["shop.ca"], of: [["apply", "--yes"]])
      try await expectGone()

      try await folders.bert.take(["shop.ca"], from: folders.anna)
      try await folders.bert.apply()
      try await expectGone()
      #expect(
        try await folders.bert.fetch(options: ["-k"]).stdout.hasPrefix("/srv/other"))
      try await folders.bert.expectNoChanges()
    }
  }
}
