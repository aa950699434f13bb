import Foundation
import Sandbox
import Testing

/// Lines 1 to 5: the CA and its certificates.
extension ReferenceSetupTests {
  @Test(
    "1. The CA's key is encrypted; its certificate is self-signed, for ten years, without a domain's name"
  )
  func ca() async throws {
    let scene = try scene
    let told = try await scene.must(
      """
      cd "$1/shop.ca"
      stat -c %a ca-1.key
      ! openssl pkey -in ca-1.key -passin pass:wrong -noout 2>/dev/null || echo opened
      openssl asn1parse -in ca-1.key | grep -oE 'PBKDF2|hmacWithSHA256|aes-256-cbc|:0927C0'
      openssl x509 -in ca-1.crt -noout -text | grep -oE 'Public-Key: .*'
      openssl verify -check_ss_sig -x509_strict -CAfile ca-1.crt ca-1.crt
      openssl x509 -in ca-1.crt -noout -checkend $((3649 * 86400)) && echo 'lasts'
      openssl x509 -in ca-1.crt -noout -checkend $((3651 * 86400)) || echo 'ends'
      """, scene.folder)
    #expect(
      told == """
        600
        PBKDF2
        :0927C0
        hmacWithSHA256
        aes-256-cbc
        Public-Key: (4096 bit)
        ca-1.crt: OK
        Certificate will not expire
        lasts
        Certificate will expire
        ends

        """)
    // Without its passphrase nothing is signed, and nothing is touched.
    let before = try await scene.fingerprint(of: "app-1")
    let refused = try await scene.sandbox.run(
      scene.command(["rotate", "certificates", "--yes", "--limit", "app-1"]),
      environment: ["DEPLOY_PASSPHRASE": "wrong", "NO_COLOR": "1"])
    #expect(refused.status == 1, "\(refused.all)")
    #expect(refused.all.contains("passphrase"), "\(refused.all)")
    #expect(try await scene.fingerprint(of: "app-1") == before)

    try scene.write(
      ReferenceSetupInventory().text.replacing("Post Certification Center", with: "shop.example"),
      to: "same-name.yml")
    let check = try await scene.sandbox.run([
      Scene.program, "check", "-i", scene.folder + "/same-name.yml",
    ])
    #expect(check.status == 65, "\(check.all)")
    #expect(check.all.contains("same-name.yml:3:9: error"), "\(check.all)")
  }

  /// On a fleet of its own, whose CA ends sooner than a certificate would.
  @Test("2. Certificates end no later than the CA, and the shortening is reported")
  func caEnds() async throws {
    var inventory = InventoryText(backEnds: ["app-1": "198.18.0.21"])
    inventory.caLines = ["valid_for: 20d"]
    inventory.validFor = "30d"
    inventory.renewBefore = "5d"
    try await Scene.play(inventory) { scene in
      let plan = try await scene.succeed("plan")
      #expect(plan.stdout.contains("warning: the CA"), "\(plan.all)")
      try await scene.apply()
      let ends = try await scene.must(
        """
        cd /etc/deploy/current/tls
        for each in ca.crt front-end.crt; do
          openssl x509 -in $each -noout -enddate -dateopt iso_8601
        done
        for each in 198.18.0.21 198.18.0.10; do
          openssl s_client -connect $each:443 -servername shop.example -cert front-end.crt \
            -key front-end.key </dev/null 2>/dev/null |
            openssl x509 -noout -enddate -dateopt iso_8601
        done
        """, on: "edge-1")
      #expect(Set(ends.split(separator: "\n")).count == 1, "\(ends)")
      let expiry = try await scene.deploy("status", "--expiry")
      #expect(expiry.stdout.contains("ca"), "\(expiry.all)")
    }
  }

  private static let issuer =
    "issuer=CN=Post Certification Center,OU=Operations,O=Post,L=Utrecht,ST=Utrecht,C=NL"

  @Test("3. The CA's fields are the inventory's; each certificate is only for its use")
  func subjectsAndUsages() async throws {
    let backEnd = try await served(
      by: "198.18.0.21:443", as: "shop.example", asFrontEnd: true,
      field: "-issuer -subject -ext keyUsage,extendedKeyUsage,basicConstraints")
    #expect(
      backEnd == """
        \(Self.issuer)
        subject=CN=app-1
        X509v3 Basic Constraints: critical
            CA:FALSE
        X509v3 Key Usage: critical
            Digital Signature
        X509v3 Extended Key Usage: \n    TLS Web Server Authentication

        """)
    let frontEnd = try await shownByFrontEnd(
      "-issuer -subject -ext keyUsage,extendedKeyUsage,basicConstraints")
    #expect(
      frontEnd == """
        \(Self.issuer)
        subject=CN=edge-1
        X509v3 Basic Constraints: critical
            CA:FALSE
        X509v3 Key Usage: critical
            Digital Signature
        X509v3 Extended Key Usage: \n    TLS Web Client Authentication

        """)
  }

  /// The certificate that edge-1's nginx shows to back-ends: one of those hands it on in a header.
  private func shownByFrontEnd(_ options: String) async throws -> String {
    let header = try await visitor(
      "visit shop.example/ -o /dev/null -D -", trusting: Self.publicCA)
    let escaped = try #require(
      header.split(whereSeparator: \.isNewline).first { $0.lowercased().hasPrefix("x-client: ") })
    let certificate = try #require(escaped.dropFirst("x-client: ".count).removingPercentEncoding)
    return try await scene.sandbox.run(
      ["sh", "-c", "openssl x509 -noout -nameopt RFC2253 -dateopt iso_8601 \(options)"],
      input: certificate
    ).stdout
  }

  @Test(
    "4. A back-end has a certificate for its sites' names, a front-end one for its own, for a year")
  func names() async throws {
    let year = 365
    for (address, name) in [("198.18.0.21", "app-1"), ("198.18.0.22", "app-2")] {
      let text = try await served(
        by: "\(address):443", as: "shop.example", asFrontEnd: true,
        field: "-ext subjectAltName -checkend \((year - 1) * 86_400)")
      #expect(
        text == """
          X509v3 Subject Alternative Name: \n    DNS:\(name), DNS:app.example, DNS:php.example, \
          DNS:pulled.example, DNS:shop.example
          Certificate will not expire

          """)
    }
    let text = try await shownByFrontEnd(
      "-ext subjectAltName -checkend \((year - 1) * 86_400)")
    #expect(
      text == "X509v3 Subject Alternative Name: \n    DNS:edge-1\nCertificate will not expire\n")
    // Of a year and no longer.
    let both = try await scene.must(
      """
      cd /etc/deploy/current/tls
      openssl x509 -in front-end.crt -noout -checkend $(((365 + 1) * 86400)) || echo ends
      openssl verify -CAfile ca.crt -purpose sslclient -x509_strict front-end.crt
      """, on: "edge-1")
    #expect(both == "Certificate will expire\nends\nfront-end.crt: OK\n")
  }

  @Test("5. Serial numbers are odd for back-ends and even for front-ends, with 128 random bits")
  func serials() async throws {
    var serials: [String] = []
    for address in ["198.18.0.21", "198.18.0.22"] {
      let serial = try await served(
        by: "\(address):443", as: "shop.example", asFrontEnd: true, field: "-serial")
      let last = try #require(serial.trimmingCharacters(in: .whitespacesAndNewlines).last)
      #expect("13579BDF".contains(last), "\(address): \(serial)")
      serials.append(serial)
    }
    for host in ["edge-1", "edge-2"] {
      let serial = try await scene.must(
        "openssl x509 -in /etc/deploy/current/tls/front-end.crt -noout -serial", on: host)
      let last = try #require(serial.trimmingCharacters(in: .whitespacesAndNewlines).last)
      #expect("02468ACE".contains(last), "\(host): \(serial)")
      serials.append(serial)
    }
    let shown = try await shownByFrontEnd("-serial")
    #expect(serials.contains(shown), "\(shown) is not the serial number of edge-1's")
    #expect(Set(serials).count == 4)
    // serial= and two digits a byte: a random number of 16 bytes that begins with 2 zeros is one of 256.
    for serial in serials { #expect(serial.count > "serial=".count + 24, "\(serial)") }
  }
}
