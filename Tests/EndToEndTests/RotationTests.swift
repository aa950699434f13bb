import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "Rotation of certificates and the CA under load", .serialized,
  .requires(isRoot, "namespaces need root"))
struct RotationTests {
  @Test("no request fails while everything is rotated and a front-end's certificate is revoked")
  func underLoad() async throws {
    try await RotationScene.play { scene in
      let visitors = try Visitors(scene, RotationScene.frontEnds)
      let playbook = try scene.writeQuickPlaybook()
      try await scene.succeed("rotate", "ca", "--yes", "--playbook", playbook)
      try await scene.expectRotated(to: 2)
      let before = try await scene.serials().values
      try await scene.succeed("rotate", "certificates", "--yes", "--playbook", playbook)
      let after = try await scene.serials().values
      #expect(Set(before).isDisjoint(with: after) && Set(after).count == 6, "\(before) \(after)")

      let thief = try await StolenIdentity(of: "edge-2", scene)
      for address in RotationScene.backEnds.values {
        #expect(try await thief.ask(address).status == 200)
      }
      try await scene.succeed("revoke", "edge-2", "--reason", "key-compromise", "--yes")
      for address in RotationScene.backEnds.values {
        let refused = try await thief.ask(address)
        #expect(refused.isRefused && !refused.text.contains("/srv/shop"), "\(refused)")
        #expect(try await thief.ask(address, with: .current).status == 200)
      }
      try await visitors.expectNoFailure("rotations and a revocation")
      #expect(try await scene.deploy("verify").status == 0)
      try await scene.expectNoChanges()
    }
  }

  @Test(
    "visitors lose requests if a certificate is installed before its CA is trusted")
  func wrongOrder() async throws {
    try await RotationScene.play { scene in
      let visitors = try Visitors(scene, RotationScene.frontEnds)
      let output = try await scene.on(
        "edge-1",
        """
        cd /etc/deploy/current/tls && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
          -nodes -days 9 -subj /CN=edge-1 -addext extendedKeyUsage=clientAuth \
          -keyout front-end.key -out front-end.crt && nginx -s reload
        """)
      #expect(output.status == 0, "\(output.all)")
      try await visitors.expectFailures(through: "edge-1", "an untrusted certificate")
      try await scene.apply()
      try await scene.expectNoChanges()
    }
  }

  @Test("in an emergency nothing pauses, the window is reported, and the old key is really gone")
  func emergency() async throws {
    try await RotationScene.play { scene in
      let visitors = try Visitors(scene, RotationScene.frontEnds)
      let thief = try await StolenIdentity(of: "edge-1", scene)
      let playbook = try scene.writeQuickPlaybook(", pause: 1h")
      // Another name of the same bytes, which shows whether they were overwritten.
      let key = scene.folder + "/shop.ca/ca-1.key"
      try FileManager.default.linkItem(atPath: key, toPath: scene.folder + "/linked")
      #expect(try scene.read("linked").contains("BEGIN ENCRYPTED PRIVATE KEY"))
      let output = try await scene.succeed(
        "rotate", "ca", "--emergency", "--key", "destroy", "--yes", "--playbook", playbook)
      #expect(
        output.stdout.contains(
          "until the last stage is complete, app-1, app-2, app-3, app-4, edge-1, edge-2 still accept"
            + " certificates signed with the key of \"Shop Certification Center\""), "\(output.all)"
      )
      #expect(!output.stderr.contains("before the next batch"), "\(output.all)")
      #expect(output.stdout.contains("its key is destroyed"), "\(output.all)")
      try await scene.expectRotated(to: 2, keepingKey: false)
      #expect(!FileManager.default.fileExists(atPath: key))
      #expect(try scene.read("linked").utf8.allSatisfy { $0 == 0 })
      for address in RotationScene.backEnds.values {
        #expect(try await thief.ask(address).isRefused)
      }
      let back = try await scene.deploy("rollback", "edge-1", "--to", "1", "--yes")
      #expect(back.status == 1 && back.all.contains("which is no longer trusted"), "\(back.all)")
      try await visitors.expectNoFailure("an emergency")

      // If it is not destroyed it is kept, and opens only with its passphrase.
      try await scene.succeed(
        "rotate", "ca", "--yes", "--playbook", scene.writeQuickPlaybook())
      try await scene.expectRotated(to: 3)
      let kept = scene.folder + "/shop.ca/archive/ca-2.key"
      for (passphrase, status) in [(Scene.passphrase, Int32(0)), ("another", 1)] {
        let opened = try await scene.sandbox.run(
          ["openssl", "pkey", "-in", kept, "-noout", "-passin", "env:TRIED"],
          environment: ["TRIED": passphrase])
        #expect(opened.status == status, "\(opened.all)")
      }
    }
  }

  @Test(
    "a CA that has expired with all that it signed, or whose key is lost, can still be rotated"
  )
  func ended() async throws {
    try await RotationScene.play { scene in
      let made = try await scene.sandbox.run(
        [
          "sh", "-euc",
          """
          cd "$1"/shop.ca
          : >"$1/index"
          printf '%s\n' '[ca]' 'default_ca = own' '[own]' "database = $1/index" 'policy = any' \
            'rand_serial = yes' 'default_md = sha256' "new_certs_dir = $1" '[any]' \
            'commonName = supplied' '[CA]' 'basicConstraints = critical,CA:TRUE,pathlen:0' \
            'keyUsage = critical,keyCertSign,cRLSign' 'subjectKeyIdentifier = hash' >"$1/ca.conf"
          key='-passin env:DEPLOY_PASSPHRASE'
          openssl x509 -x509toreq -in ca-1.crt -signkey ca-1.key $key -out "$1/request"
          openssl ca -batch -notext -selfsign -config "$1/ca.conf" -extensions CA \
            -keyfile ca-1.key $key -in "$1/request" -out "$1/ended.crt" \
            -startdate 20200101000000Z -enddate 20210101000000Z
          cp "$1/ended.crt" ca-1.crt
          openssl x509 -in ca-1.crt -outform DER | sha256sum | cut -d ' ' -f 1
          """, "sh", scene.folder,
        ], environment: Scene.environment)
      #expect(made.status == 0, "\(made.all)")
      // The state as well: of two certificates of one key the newer counts, and that is not the folder's.
      try scene.replaceFirstCA([
        "certificate": scene.read("ended.crt"), "notBefore": "2020-01-01T00:00:00Z",
        "notAfter": "2021-01-01T00:00:00Z",
        "fingerprint": made.stdout.trimmingCharacters(in: .whitespacesAndNewlines),
      ])
      let listed = try await scene.deploy("status", "--expiry")
      #expect(listed.status == 1 && listed.stdout.contains("2021-01-01"), "\(listed.all)")
      try await scene.succeed("rotate", "ca", "--yes")
      try await scene.expectRotated(to: 2)
      try FileManager.default.removeItem(
        atPath: scene.folder + "/shop.ca/ca-2.key")
      try await scene.succeed("rotate", "ca", "--yes")
      try await scene.expectRotated(to: 3, keepingKey: false)
      #expect(try await scene.deploy("verify").status == 0)
      try await scene.expectNoChanges()
    }
  }

  @Test("edges are judged by what hosts have, even if the state is older than a rotation")
  func unrecorded() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let state = try scene.read("shop.state.json")
      try await scene.succeed("rotate", "certificates", "--limit", "app-2", "--yes")
      let rotated = try await scene.appSerial()
      try scene.write(state, to: "shop.state.json")
      let stopped = try await scene.deploy("rotate", "ca", "--yes")
      #expect(stopped.status == 1 && stopped.all.contains("deploy state rebuild"), "\(stopped.all)")
      let next = scene.folder + "/shop.ca/ca-2.key"
      #expect(!FileManager.default.fileExists(atPath: next))
      #expect(try scene.read("shop.state.json") == state)
      #expect(try await scene.appSerial() == rotated)
      #expect(try await scene.deploy("verify").status == 1, "the state has another certificate")
      try await scene.succeed("state", "rebuild")
      #expect(try await scene.deploy("verify").status == 0)
      try await scene.succeed("rotate", "ca", "--yes")
      #expect(try await scene.deploy("verify").status == 0)
      try await scene.expectNoChanges()
    }
  }

  @Test("a killed rotation of certificates, begun any number of times, rotates each once")
  func certificatesKilled() async throws {
    try await RotationScene.play { scene in
      let playbook = try scene.writeQuickPlaybook()
      let first = try await scene.serials()
      let run = try scene.watch("rotate", "certificates", "--yes", "--playbook", playbook)
      #expect(try await run.isKilled { try run.progress.ranges(of: ": confirmed").count >= 2 })
      for host in RotationScene.hosts { try await scene.settle(host, isHurried: true) }
      let second = try await scene.serials()
      let reached = first.keys.filter { first[$0] != second[$0] }
      #expect(reached.count >= 2 && reached.count < 6, "\(first) \(second)")

      let rest = try await scene.succeed(
        "rotate", "certificates", "--yes", "--playbook", playbook)
      #expect(rest.stderr.contains("Continuing the rotation of "), "\(rest.all)")
      #expect(
        rest.stderr.contains("has replaced \(reached.count) of 6 certificates"), "\(rest.all)")
      let third = try await scene.serials()
      for host in RotationScene.hosts {
        #expect(third[host] != first[host])
        #expect((third[host] == second[host]) == reached.contains(host), "\(host)")
      }
      try await scene.expectNoChanges()

      // The next one is a rotation of its own.
      let again = try await scene.succeed(
        "rotate", "certificates", "--limit", "app-1", "--yes", "--playbook", playbook)
      #expect(!again.stderr.contains("Continuing the rotation"), "\(again.all)")
      #expect(try await scene.serials()["app-1"] != third["app-1"])
    }
  }

  @Test("the certificates of a decommissioned host are revoked if the playbook says so")
  func decommission() async throws {
    var inventory = InventoryText(
      frontEnds: RotationScene.frontEnds, backEnds: ["app-1": "198.18.0.21"])
    try await Scene.play(inventory) { scene in
      try await scene.apply()
      let serial = try await scene.on(
        "edge-2", "openssl x509 -noout -serial -in /etc/deploy/current/tls/front-end.crt"
      ).stdout.dropFirst("serial=".count)
      inventory.frontEnds["edge-2"] = nil
      try scene.write(inventory)
      try scene.write(
        "name: leave\nprocedure: {name: decommission, certificates: revoke}\n", to: "leave.yml")
      let playbook = scene.folder + "/leave.yml"
      #expect(
        try await scene.deploy("plan", "--playbook", playbook).stdout.contains("+ tls/revoked.crl"))
      #expect(try !scene.read("shop.state.json").contains("cessation-of-operation"))
      try await scene.succeed("apply", "--yes", "--playbook", playbook)
      #expect(try scene.read("shop.state.json").contains("cessation-of-operation"))
      let list = try await scene.on(
        "app-1", "openssl crl -noout -text -in /etc/deploy/current/tls/revoked.crl")
      #expect(list.stdout.contains("Serial Number: \(serial)"), "\(list.all)")
      #expect(try await scene.fetch().stdout == "/srv/shop app-1\n")
      try await scene.expectNoChanges()
    }
  }
}

extension Scene {
  /// The serial of the certificate that app-2 has installed.
  fileprivate func appSerial() async throws -> String {
    try await on("app-2", "openssl x509 -noout -serial -in /etc/deploy/current/tls/back-end.crt")
      .stdout
  }

  /// Changes what the state has of the only CA generation.
  fileprivate func replaceFirstCA(_ values: [String: String]) throws {
    var state = try #require(
      JSONSerialization.jsonObject(with: Data(read("shop.state.json").utf8)) as? [String: Any])
    let caGenerations = try #require(state["caGenerations"] as? [[String: Any]])
    try #require(caGenerations.count == 1 && values.keys.allSatisfy { caGenerations[0][$0] != nil })
    state["caGenerations"] = [caGenerations[0].merging(values) { $1 }]
    let data = try JSONSerialization.data(withJSONObject: state, options: [.prettyPrinted])
    try write(String(decoding: data, as: UTF8.self), to: "shop.state.json")
  }
}
