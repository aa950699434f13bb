import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "Every certificate of a revoked host stays refused, whatever the host does", .serialized,
  .requires(isRoot, "namespaces need root"))
struct RevokedHostTests {
  private static let backEnds = ["198.18.0.21", "198.18.0.22"]

  private func expectAccepted(
    _ isAccepted: Bool, _ thief: StolenIdentity,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    for address in Self.backEnds {
      let answer = try await thief.ask(address)
      #expect(
        answer.status == (isAccepted ? 200 : nil), "\(answer)", sourceLocation: sourceLocation)
    }
  }

  @Test("a certificate in a release that the host has kept is refused with the current one")
  func keptRelease() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let thief = try await StolenIdentity(of: "edge-1", scene)
      try await scene.succeed("rotate", "certificates", "--yes")
      try await expectAccepted(true, thief)
      let unknown = try await scene.deploy("revoke", "--serial", "0123abcd", "--yes")
      #expect(unknown.status == 64 && unknown.all.contains("--foreign"), "\(unknown.all)")
      try await scene.succeed("revoke", "edge-1", "--yes")
      try await expectAccepted(false, thief)
      #expect(try await thief.ask(Self.backEnds[0], with: .current).status == 200)
      #expect(try await scene.deploy("verify").status == 0)
      try await scene.expectNoChanges()
    }
  }

  @Test("the short form that a plan prints revokes the certificate that it stands for")
  func shortForm() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let thief = try await StolenIdentity(of: "edge-1", scene)
      let rotated = try await scene.succeed(
        "rotate", "certificates", "--limit", "edge-1", "--yes")
      let serial = try await thief.serial().lowercased()
      let short = serial.prefix(8) + "…"
      #expect(rotated.stdout.contains(short), "\(rotated.all)")
      try await expectAccepted(true, thief)
      try await scene.succeed("revoke", "--serial", String(short), "--yes")
      try await expectAccepted(false, thief)
      #expect(try await thief.ask(Self.backEnds[0], with: .current).status == 200)
    }
  }

  @Test("a certificate that only a colleague's interrupted run has issued is refused too")
  func issuedElsewhere() async throws {
    try await TwoFolders.play { folders in
      let run = try folders.anna.watch(
        "rotate", "certificates", "--yes", "--playbook", folders.anna.writeShortPlaybook())
      try await run.expect("edge-1: switching")
      try await run.kill()
      let taken = try await folders.anna.on(
        "edge-1", "cp /etc/deploy/releases/2/tls/front-end.* /root/kept/")
      #expect(taken.status == 0, "\(taken.all)")
      for host in TwoFolders.hosts { try await folders.anna.settle(host) }
      let left = try await folders.anna.on("edge-1", "ls /etc/deploy/releases")
      try #require(left.stdout == "1\n", "the release was not undone")
      try await folders.expectAccepted(true)

      let revoked = try await folders.bert.deploy("revoke", "edge-1", "--yes", "--override-newer")
      #expect(revoked.status == 0, "\(revoked.all)")
      try await folders.expectAccepted(false)
      try await folders.bert.expectNoChanges()
    }
  }

  @Test("a front-end's changes to its manifest neither save it nor harm another")
  func editedManifest() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let thief = try await StolenIdentity(of: "edge-1", scene)
      let other = try await scene.on(
        "app-1", "awk '$1 == \"certificate\" {print $3}' /etc/deploy/current/manifest")
      let serial = other.stdout.trimmingCharacters(in: .whitespacesAndNewlines)
      #expect(!serial.isEmpty, "\(other.all)")
      let edited = try await scene.on(
        "edge-1",
        """
        cd /etc/deploy/current && awk -v serial="$1" \
          '$1 == "certificate" { $3 = serial; $6 = "2020-01-01T00:00:00Z" } { print }' \
          manifest >manifest.new && mv manifest.new manifest
        """, serial)
      #expect(edited.status == 0, "\(edited.all)")
      try await scene.apply()
      try await scene.succeed("revoke", "edge-1", "--yes")
      try await expectAccepted(false, thief)
      let list = try await scene.on(
        "app-2", "openssl crl -noout -text -in /etc/deploy/current/tls/revoked.crl")
      #expect(list.stdout.contains("Serial Number: "), "\(list.all)")
      #expect(!list.stdout.contains(serial.uppercased()), "the honest host is revoked")
      #expect(try await scene.deploy("verify").status == 0)
    }
  }

  @Test(
    "a revoked host that refuses everything does not stop the run, and what remains is reported")
  func refusingHost() async throws {
    var inventory = InventoryText()
    try await Scene.play(inventory) { scene in
      try await scene.apply()
      let broken = try await scene.on("app-2", "echo bogus >/etc/nginx/conf.d/own.conf")
      #expect(broken.status == 0, "\(broken.all)")
      let revoked = try await scene.deploy("revoke", "app-2", "--yes")
      #expect(revoked.status == 1, "\(revoked.all)")
      #expect(
        revoked.all.contains("app-2 still has its revoked certificates"), "\(revoked.all)")
      for host in ["edge-1", "app-1"] {
        let list = try await scene.on(host, "test -s /etc/deploy/current/tls/revoked.crl")
        #expect(list.status == 0, "\(host) has no list: \(revoked.all)")
      }
      #expect(try await scene.fetch().status == 0)
      // It leaves: the others neither ask it nor wait for it.
      inventory.backEnds["app-2"] = nil
      try scene.write(inventory)
      try await scene.succeed("apply", "--limit", "edge-1", "--yes")
      try await scene.succeed("apply", "--limit", "app-1", "--yes")
      #expect(try await scene.fetch().status == 0)
    }
  }
}
