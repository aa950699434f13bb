import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "Revoked certificates", .serialized, .requires(isRoot, "namespaces need root"))
struct RevocationTests {
  private static let versions = ["tls1_2", "tls1_3"]
  private static let backEnds = ["198.18.0.21", "198.18.0.22"]

  /// Sessions that outlive a reload, because another server of the host keeps their zone.
  private static let resumption = """
    cat >/etc/nginx/conf.d/own.conf <<'END'
    server {
      listen 127.0.0.1:9999 ssl;
      ssl_session_cache shared:kept:1m;
      ssl_certificate /etc/deploy/current/tls/back-end.crt;
      ssl_certificate_key /etc/deploy/current/tls/back-end.key;
    }
    END
    sed -i -e 's/ssl_session_cache .*none;/ssl_session_cache shared:kept:1m;/' \
      -e 's/ssl_session_reused = r/ssl_session_reused = never/' nginx/back-end/*.conf nginx/deploy.conf
    """

  @Test("a session that could be resumed before the revocation is refused after it")
  func session() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let thief = try await StolenIdentity(of: "edge-1", scene)
      for address in Self.backEnds {
        try await scene.changeByHand(address.hasSuffix("1") ? "app-1" : "app-2", Self.resumption)
        for version in Self.versions {
          let first = try await thief.ask(address, version: version)
          #expect(!first.isResumed && first.status == 200, "\(first)")
          let second = try await thief.ask(address, version: version)
          #expect(second.isResumed && second.status == 200, "\(second)")
        }
      }
      #expect(try await scene.deploy("verify").stdout.contains("resumes TLS sessions"))

      try await scene.succeed("revoke", "edge-1", "--reason", "key-compromise", "--yes")
      for (address, version) in Self.backEnds.flatMap({ a in Self.versions.map { (a, $0) } }) {
        let refused = try await thief.ask(address, version: version)
        #expect(!refused.isResumed && refused.isRefused, "\(refused)")
        #expect(try await thief.ask(address, with: .current, version: version).status == 200)
      }

      // The vulnerability, made again by hand: the sessions are still valid, and would bypass the list.
      try await scene.changeByHand("app-1", Self.resumption)
      for version in Self.versions {
        let bypassing = try await thief.ask(Self.backEnds[0], version: version)
        #expect(bypassing.isResumed && bypassing.status == 200, "\(bypassing)")
      }
      try await scene.apply()
      for version in Self.versions {
        let refused = try await thief.ask(Self.backEnds[0], version: version)
        #expect(!refused.isResumed && refused.isRefused, "\(refused)")
      }
      try await scene.expectNoChanges()
      try await expectNoWayBack(scene)
    }
  }

  /// Releases from before the revocation would let the thief in, or show what is refused.
  private func expectNoWayBack(_ scene: Scene) async throws {
    let edge = try await scene.deploy("rollback", "edge-1", "--to", "1", "--yes")
    #expect(edge.status == 1 && edge.all.contains("its tls/front-end.crt was revoked on"))
    let app = try await scene.deploy("rollback", "app-1", "--to", "1", "--yes")
    #expect(app.status == 1 && app.all.contains("it accepts the revoked certificate"), "\(app.all)")
    #expect(app.all.contains("of edge-1 again"), "\(app.all)")
    try await scene.expectNoChanges()
  }

  @Test("a certificate that no host has any longer is revoked by its serial, in any usual notation")
  func bySerial() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let thief = try await StolenIdentity(of: "edge-1", scene)
      try await scene.succeed("rotate", "certificates", "--limit", "edge-1", "--yes")
      for address in Self.backEnds { #expect(try await thief.ask(address).status == 200) }
      let serial = try await thief.serial()
      let written = stride(from: 0, to: serial.count, by: 2).map {
        serial.dropFirst($0).prefix(2).uppercased()
      }.joined(separator: ":")
      try await scene.succeed("revoke", "--serial", written, "--reason", "superseded", "--yes")
      for address in Self.backEnds {
        let refused = try await thief.ask(address)
        #expect(refused.isRefused, "\(refused)")
        #expect(try await thief.ask(address, with: .current).status == 200)
      }
      let list = try await scene.on(
        "app-1", "openssl crl -noout -text -in /etc/deploy/current/tls/revoked.crl")
      #expect(list.stdout.contains("Serial Number: \(serial.uppercased())"), "\(list.all)")
      #expect(list.stdout.contains("Superseded"), "\(list.all)")
      #expect(try await scene.deploy("verify").status == 0)
      try await scene.expectNoChanges()
    }
  }
}
