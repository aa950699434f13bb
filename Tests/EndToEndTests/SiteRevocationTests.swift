import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "Revoking and replacing a site's certificate", .serialized,
  .requires(isRoot, "namespaces need root"),
  .requires(PublicCA.isInstalled, "needs Debian's packages pebble and bind9-dnsutils"))
struct SiteRevocationTests {
  private func revocations(_ ca: PublicCA) throws -> Int {
    try ca.requests().count { $0.hasPrefix("POST /revoke-cert 200") }
  }

  @Test("another certificate is installed first; what visitors still see is not revoked")
  func revoke() async throws {
    try await ACMEScene.play { acme in
      let (scene, ca) = (acme.scene, acme.ca)
      try await scene.apply()
      let first = try await acme.shown()
      let visitors = try acme.visitors()
      try ca.set(.refusing)
      let refused = try await scene.deploy(
        "revoke", "--site", "shop.example", "--reason", "superseded", "--yes")
      #expect(refused.status == 1 && refused.all.contains("is not revoked yet"), "\(refused.all)")
      #expect(try await acme.shown() == first)
      #expect(try revocations(ca) == 0)

      // The next run of any kind that orders completes it.
      try ca.set(nil)
      try await scene.apply()
      let second = try await acme.shown()
      #expect(second.serial != first.serial)
      #expect(try revocations(ca) == 1)
      try await scene.succeed("revoke", "--site", "shop.example", "--yes")
      #expect(try await acme.shown().serial != second.serial)
      #expect(try revocations(ca) == 2)
      let rollback = try await scene.deploy("rollback", "edge-1", "--yes")
      #expect(
        rollback.status == 1 && rollback.all.contains("was revoked at the CA"), "\(rollback.all)")
      try await visitors.expectNoFailure("two revocations", moreThan: 10)
      try await scene.expectNoChanges()
      #expect(try await scene.deploy("revoke", "--site", "other.example", "--yes").status == 64)
    }
  }

  @Test("a command prints the certificate: it is checked, kept encrypted and installed")
  func command() async throws {
    try await ACMEScene.play { acme in
      let scene = acme.scene
      try await scene.apply()
      let visitors = try acme.visitors()
      try await scene.must(
        """
        cd "$1" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 \
          -subj /CN=command -addext subjectAltName=DNS:shop.example,DNS:www.shop.example \
          -keyout command.key -out command.crt 2> /dev/null
        cat command.crt >> public/roots.pem
        printf 'cat "%s/command.key" "%s/command.crt"\\n' "$1" "$1" > print.sh
        """, scene.folder)
      var inventory = ACMEScene.inventory(certificate: "{command: [sh, \(scene.folder)/print.sh]}")
      try scene.write(inventory)
      try await scene.apply()
      #expect(try await acme.shown().issuer.contains("command"))
      try await visitors.expectNoFailure("a certificate from a command", moreThan: 10)
      try await scene.expectNoChanges()
      #expect(try !scene.read("shop.ca/acme/site-shop.example.json").contains("BEGIN PRIVATE KEY"))

      // What does not fit is not installed.
      inventory.aliases.append("api.shop.example")
      try scene.write(inventory)
      let refused = try await scene.deploy("apply", "--yes")
      #expect(refused.status == 1 && refused.all.contains("api.shop.example"), "\(refused.all)")
      #expect(try await acme.shown().issuer.contains("command"))
      inventory.siteCertificate = "{command: [sh, -c, \"echo nothing\"]}"
      try scene.write(inventory)
      let empty = try await scene.deploy("apply", "--yes")
      #expect(empty.status == 1 && empty.all.contains("printed something else"), "\(empty.all)")
      #expect(try await acme.shown().issuer.contains("command"))
    }
  }
}
