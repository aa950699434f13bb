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

  @Test("a command writes the certificate to files: they are checked as files are, and installed")
  func files() async throws {
    try await ACMEScene.play { acme in
      let scene = acme.scene
      try await scene.apply()
      let visitors = try acme.visitors()
      try scene.write(
        """
        cd "\(scene.folder)" && echo run >>runs
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 \
          -subj /CN=written -addext "subjectAltName=$1" -keyout written.key -out written.crt 2>&1
        cat written.crt >>public/roots.pem

        """, to: "write.sh")
      let names = "DNS:shop.example,DNS:www.shop.example"
      func use(_ words: String, key: String = "written.key") throws {
        try scene.write(
          ACMEScene.inventory(
            certificate: "{command: [sh, \(words)], files: {certificate: written.crt, key: \(key)}}"
          ))
      }
      func expectRefusal(_ words: String...) async throws {
        let output = try await scene.deploy("apply", "--yes")
        #expect(output.status == 1, "\(output.all)")
        for word in words { #expect(output.all.contains(word), "no \(word): \(output.all)") }
      }
      let first = try await acme.shown()
      try use("-c, exit 3")
      try await expectRefusal("exited with status 3")
      try use("-c, \"echo no quota; exit 1\"")
      try await expectRefusal("exited with status 1: no quota")
      try use("-c, \"true\"")
      try await expectRefusal("succeeded, but", "written.crt")
      try use("\(scene.folder)/write.sh, \"DNS:other.example\"")
      try await expectRefusal("shop.example")
      try use("\(scene.folder)/write.sh, \"\(names)\"", key: "written.crt")
      try await expectRefusal("written.crt")
      #expect(try await acme.shown() == first)

      try use("\(scene.folder)/write.sh, \"\(names)\"")
      let runs = try scene.read("runs").count
      try await scene.apply()
      #expect(try scene.read("runs").count == runs + 4)
      #expect(try await acme.shown().issuer.contains("written"))
      #expect(try !scene.read("shop.ca/acme/site-shop.example.json").contains("BEGIN PRIVATE KEY"))
      // The copy of the controller is installed, not what the files have meanwhile.
      try scene.write("", to: "written.key")
      try await scene.expectNoChanges()
      #expect(try scene.read("runs").count == runs + 4)
      try await visitors.expectNoFailure("a certificate from files of a command", moreThan: 10)
    }
  }
}
