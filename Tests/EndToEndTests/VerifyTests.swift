import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "deploy verify tries every edge from where it starts", .serialized,
  .requires(isRoot, "namespaces need root"))
struct VerifyTests {
  /// The lines below the row that starts with these words.
  private func problems(_ row: String, in output: String) -> [Substring] {
    let lines = output.split(separator: "\n")
    guard let start = lines.firstIndex(where: { words($0).starts(with: row.split(separator: " ")) })
    else { return ["no row \(row)"] }
    return lines[(start + 1)...].prefix { $0.hasPrefix("    ") }.map { $0.dropFirst(4) }
  }

  private func words(_ line: Substring) -> [Substring] { line.split(separator: " ") }

  @Test("an applied fleet has no findings, and each fault on a host is named")
  func matrix() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let sound = try await scene.deploy("verify")
      #expect(sound.status == 0, "\(sound.all)")
      #expect(sound.stdout.contains("5 of 5 checks passed."))
      #expect(
        words(sound.stdout.split(separator: "\n")[1]).starts(with: [
          "shop.example", "2", "ok", "1", "ok",
        ]))
      #expect(sound.stdout.contains("no site       2 blocked"), "\(sound.all)")
      #expect(!sound.stdout.contains("app-1:443"), "\(sound.all)")
      let rows = try await scene.deploy("verify", "--all")
      #expect(rows.status == 0, "\(rows.all)")
      for row in ["shop.example edge-1 app-1:443 200", "no site app-2 app-1:443 blocked"] {
        #expect(problems(row, in: rows.stdout) == [], "\(rows.all)")
      }
      #expect(rows.stdout.contains("5 of 5 checks passed."))
      #expect(!sound.all.contains(Scene.passphrase))
      let json = try await scene.deploy("verify", "--format", "json", "--limit", "app-1")
      #expect(json.status == 0, "\(json.all)")
      let closed = "the connection was closed without an answer"
      for part in [
        "\"isSound\" : true", "\"isTried\" : true", "\"isSample\" : false",
        "\"withoutCertificate\" : \"\(closed)\"",
        "\"otherFrontEnd\" : \"\(closed)\"", "\"ownCertificate\" : \"200\"",
        "\"tlsVersion\" : \"TLSv1.3\"", "\"acceptedIssuers\" : [",
      ] {
        #expect(json.stdout.contains(part), "\(json.stdout)")
      }

      // What is served is not what the state has; who has no certificate is let in, and so is a front-end
      // of other sites; sessions are resumed.
      let stolen = try await scene.on("app-2", "cat /etc/deploy/current/tls/back-end.crt").stdout
      let key = try await scene.on("app-2", "cat /etc/deploy/current/tls/back-end.key").stdout
      try await scene.sandbox.write(stolen, to: "/tmp/crt", on: .host("app-1"))
      try await scene.sandbox.write(key, to: "/tmp/key", on: .host("app-1"))
      try await scene.changeByHand(
        "app-1",
        """
        cp /tmp/crt tls/back-end.crt; cp /tmp/key tls/back-end.key
        sed -i 's/ssl_verify_client .*;/ssl_verify_client off;/' nginx/back-end/*.conf nginx/deploy.conf
        sed -i -e 's/ssl_session_cache .*none;/ssl_session_cache shared:t:1m;/' \
          -e 's/ssl_session_reused = r/ssl_session_reused = never/' \
          -e 's/ssl_client_s_dn != /ssl_client_s_dn = no/' \
          nginx/back-end/*.conf nginx/deploy.conf
        """)
      try await scene.on("app-1", "nft delete table inet deploy")
      let faulty = try await scene.deploy("verify", "--all")
      #expect(faulty.status == 1)
      let first = problems("shop.example edge-1 app-1:443", in: faulty.stdout)
      #expect(first.contains { $0.contains("but the state records") }, "\(faulty.all)")
      #expect(first.contains { $0.contains("accepts a client without a certificate: 200") })
      #expect(first.contains { $0.contains("accepts a client with a foreign certificate") })
      #expect(
        first.contains {
          $0.contains(
            "accepts a client with the certificate of a front-end that the site does not have")
        })
      #expect(first.contains { $0.contains("resumes TLS sessions") })
      #expect(
        problems("no site app-2 app-1:443", in: faulty.stdout)
          == ["app-2 is not one of its front-ends, but the firewall accepts the connection"])
      #expect(problems("shop.example edge-1 app-2:443", in: faulty.stdout) == [])
      #expect(problems("shop.example visitor edge-1:443", in: faulty.stdout) == [])

      // A back-end that does not know the CA, and one that does not run.
      try await scene.succeed("apply", "--yes")
      #expect(try await scene.deploy("verify").status == 0)
      try await scene.changeByHand(
        "app-1",
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3"
          + " -subj /CN=other -keyout /dev/null -out tls/ca.crt 2>/dev/null")
      try await scene.on("app-2", "nginx -s quit")
      let dead = try await scene.deploy("verify", "--all")
      #expect(dead.status == 1)
      #expect(
        problems("shop.example edge-1 app-1:443", in: dead.stdout)
          .contains { $0.contains("the back-end refuses the front-end's certificate: \(closed)") },
        "\(dead.all)")
      #expect(
        problems("shop.example edge-1 app-2:443", in: dead.stdout)
          .contains { $0.contains("the host could not connect to it") })
      #expect(
        problems("shop.example visitor edge-1:443", in: dead.stdout)
          .contains { $0.contains("a request is answered with 50") })
    }
  }

  @Test("a fleet whose CA has an offline root is applied and has no findings")
  func offlineRoot() async throws {
    let inventory = InventoryText(caLines: ["root: {name: Shop Root}"])
    try await Scene.play(inventory) { scene in
      let key = scene.folder + "/shop.ca/root.key"
      #expect(FileManager.default.fileExists(atPath: key))
      try FileManager.default.removeItem(atPath: key)
      try await scene.apply()
      let sound = try await scene.deploy("verify", "--format", "json")
      #expect(sound.status == 0, "\(sound.all)")
      #expect(sound.stdout.contains("\"Shop Root\""))
      try await scene.expectNoChanges()
      #expect(try await scene.fetch().stdout.hasPrefix("/srv/shop app-"))
    }
  }

  @Test("a site's certificate without its issuer's is a warning before, and a failure here")
  func withoutIssuer() async throws {
    var inventory = InventoryText()
    inventory.siteCertificate = "{files: {certificate: site.crt, key: site.key}}"
    try await Scene.play(inventory) { scene in
      let made = try await scene.sandbox.run(["sh", "-c", Self.chain, "sh", scene.folder])
      #expect(made.status == 0, "\(made.all)")
      let warning = "site.crt: the certificate of its issuer \"Inner CA\" is missing: "
      for command in [["check"], ["plan"], ["apply", "--yes"]] {
        let output = try await scene.deploy(command)
        #expect(output.status == 0 && output.all.contains(warning), "\(command) \(output.all)")
      }
      let incomplete = try await scene.deploy("verify")
      #expect(incomplete.status == 1)
      #expect(
        problems("shop.example visitor edge-1:443", in: incomplete.stdout)
          .contains { $0.contains("the certificate of its issuer \"Inner CA\" is missing: ") },
        "\(incomplete.all)")
      // A private CA that visitors trust, with a certificate of it that they do not get.
      var trusted = inventory
      trusted.siteCertificate = "{files: {certificate: site.crt, key: site.key}, private: true}"
      try scene.write(trusted)
      let known = try await scene.deploy("verify")
      #expect(known.status == 0, "\(known.all)")
      try scene.write(inventory)
      let appended = try await scene.sandbox.run([
        "sh", "-c", "cd \"$1\" && cat inner.crt outer.crt >> site.crt", "sh", scene.folder,
      ])
      #expect(appended.status == 0, "\(appended.all)")
      try await scene.apply()
      let whole = try await scene.deploy("verify")
      #expect(whole.status == 0, "\(whole.all)")
    }
  }

  /// A private CA, one below it, and a site's certificate of that.
  private static let chain = """
    cd "$1" && make="openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 60" &&
    $make -subj '/CN=Outer CA' -keyout outer.key -out outer.crt &&
    $make -subj '/CN=Inner CA' -CA outer.crt -CAkey outer.key -keyout inner.key -out inner.crt &&
    $make -subj /CN=shop.example -CA inner.crt -CAkey inner.key -keyout site.key -out site.crt \
      -addext basicConstraints=critical,CA:FALSE \
      -addext subjectAltName=DNS:shop.example,DNS:www.shop.example && chmod 600 site.key
    """

  @Test("a host that is out is named, and the others are tried")
  func unreachable() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      try await scene.on("app-2", "pkill -x sshd || true")
      let counts = try await scene.deploy("verify")
      #expect(counts.status == 1)
      #expect(counts.stdout.contains("1 check not tried: app-2 (198.18.0.22"), "\(counts.all)")
      #expect(counts.stdout.contains("4 of 5 checks passed, 1 check not tried."), "\(counts.all)")
      let output = try await scene.deploy("verify", "--all")
      #expect(output.status == 1)
      #expect(problems("shop.example edge-1 app-1:443", in: output.stdout) == [], "\(output.all)")
      #expect(problems("shop.example edge-1 app-2:443", in: output.stdout) == [])
      let stranger = problems("no site app-2 app-1:443", in: output.stdout)
      #expect(stranger.count == 1 && stranger[0].hasPrefix("app-2 (198.18.0.22"), "\(stranger)")
    }
  }
}
