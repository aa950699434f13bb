import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "A manifest that the controller did not sign for its host counts as drift", .serialized,
  .requires(isRoot, "namespaces need root"))
struct ForgedManifestTests {
  private static let manifest = "/etc/deploy/current/manifest"

  /// That plan and apply find one host changed, say why, and repair only that host.
  private func expectRepaired(
    _ host: String, because reason: String, _ scene: Scene,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let others = TwoFolders.hosts.filter { $0 != host }
    let before = try await others.asyncMap { try await scene.fingerprint(of: $0) }
    let status = try await scene.deploy("status")
    #expect(status.stdout.contains(reason), "\(status.all)", sourceLocation: sourceLocation)
    let plan = try await scene.deploy("plan", "--detailed-exitcode")
    let words = plan.stdout.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(
      plan.status == 2 && words.contains(" \(reason)")
        && words.contains(": the whole release is made again"),
      "\(plan.all)", sourceLocation: sourceLocation)
    try await scene.apply(sourceLocation: sourceLocation)
    let after = try await others.asyncMap { try await scene.fingerprint(of: $0) }
    #expect(after == before, "other hosts were changed", sourceLocation: sourceLocation)
    try await scene.expectWhole(host, reason)
    try await scene.expectNoChanges(sourceLocation: sourceLocation)
  }

  private static let edits = [
    "s/^release .*/release 987654321/", "s/^opens 443 .*/opens 443 everybody nobody/",
    "/^revoked /d",
    "s/^ca 1 signing /ca 1 retiring /", "s/^made .*/made 2036-01-01T00:00:00Z mallory@nowhere/",
    "s/^serial .*/serial 1000000/",
  ]

  @Test("an edited manifest is reported and the release made again")
  func edited() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      try await scene.succeed("revoke", "app-2", "--yes")
      // Each is repaired before the next, so the fleet is whole again.
      for edit in Self.edits {
        let edited = try await scene.on(
          "app-1", "cp $1 /root/old && sed -i \"$2\" $1 && ! cmp -s $1 /root/old", Self.manifest,
          edit)
        #expect(edited.status == 0, "\(edit): \(edited.all)")
        try await expectRepaired("app-1", because: "was changed after it was signed", scene)
        let state = try scene.read("shop.state.json")
        for word in ["987654321", "mallory", "1000000,", "retiring"] {
          #expect(!state.contains(word), "\(edit): \(word) is recorded")
        }
      }
    }
  }

  @Test("a manifest without its signature, or signed with a key of the host, is rejected")
  func otherKey() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let stripped = try await scene.on("app-1", "sed -i '/^signature /d' $1", Self.manifest)
      #expect(stripped.status == 0, "\(stripped.all)")
      try await expectRepaired("app-1", because: "is not signed", scene)

      let signed = try await scene.on(
        "app-1",
        """
        cd /root && openssl genpkey -algorithm ed25519 -out own.key &&
          public=$(openssl pkey -in own.key -pubout -outform DER | tail -c 32 | od -An -v -tx1 | tr -d ' \\n') &&
          sed -e '/^signature /d' -e '/^end$/d' -e 's/^serial .*/serial 1000000/' \
            -e "s/^fleet-key 1 [0-9a-f]*/fleet-key 1 $public/" $1 >own.text &&
          openssl pkeyutl -sign -rawin -inkey own.key -in own.text -out own.signature &&
          { cat own.text && echo "signature $public $(od -An -v -tx1 own.signature | tr -d ' \\n')" &&
            echo end; } >$1
        """, Self.manifest)
      #expect(signed.status == 0, "\(signed.all)")
      try await expectRepaired(
        "app-1", because: "is signed with a key that is not this fleet's", scene)
    }
  }

  @Test("an older manifest of the same host is rejected, alone or with its whole release")
  func replayed() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      try await scene.on("app-1", "cp $1 /root/older", Self.manifest)
      try scene.write(InventoryText(root: "/srv/other"))
      try await scene.apply()
      try await scene.on("app-1", "cat /root/older >$1", Self.manifest)
      try await expectRepaired("app-1", because: "is from serial", scene)

      let linked = try await scene.on(
        "app-1",
        "cd /etc/deploy && ln -s releases/1 older && mv -T older current && nginx -s reload")
      #expect(linked.status == 0, "\(linked.all)")
      try await expectRepaired("app-1", because: "is from serial", scene)
      #expect(try await scene.answering(["/srv/other app-1"]).contains("/srv/other app-1"))
    }
  }

  @Test("a manifest that was signed for another host is rejected")
  func copied() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      for other in ["app-1", "edge-1"] {
        let manifest = try await scene.on(other, "cat $1", Self.manifest).stdout
        try await scene.sandbox.write(manifest, to: Self.manifest, on: .host("app-2"))
        try await expectRepaired("app-2", because: "is a copy of the manifest of \(other)", scene)
      }
    }
  }
}
