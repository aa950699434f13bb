import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "A certificate revoked by its serial is refused, or the command fails", .serialized,
  .requires(isRoot, "namespaces need root"))
struct RevokeSerialTests {
  private static let backEnds = ["198.18.0.21", "198.18.0.22"]

  /// That the command ends with a usage error that says these words, and nothing was done.
  private func expectRefused(
    _ arguments: [String], saying words: [String], _ scene: Scene,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let before = try scene.read("shop.state.json")
    let output = try await scene.deploy(["revoke", "--serial"] + arguments + ["--yes"])
    #expect(output.status == 64, "\(output.all)", sourceLocation: sourceLocation)
    for word in words {
      #expect(
        output.stderr.contains(word), "\(arguments): \(output.all)", sourceLocation: sourceLocation)
    }
    #expect(try scene.read("shop.state.json") == before, sourceLocation: sourceLocation)
    let lists = try await scene.on("app-1", "test -e /etc/deploy/current/tls/revoked.crl")
    #expect(lists.status != 0, "\(output.all)", sourceLocation: sourceLocation)
  }

  @Test("short, unknown and ambiguous prefixes are refused; one more digit decides")
  func prefixes() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let thief = try await StolenIdentity(of: "edge-1", scene)
      let serial = try await thief.serial().lowercased()
      let twin = try issueTwin(of: serial, scene)
      let short = String(serial.prefix(7))
      try await expectRefused([short], saying: ["too short", "8 hexadecimal digits"], scene)
      try await expectRefused(["xyz"], saying: ["not a serial number"], scene)
      let unknown = String(serial.prefix(7)) + (serial.dropFirst(7).first == "0" ? "1" : "0")
      try await expectRefused(
        [unknown], saying: ["no valid certificate", unknown, "--foreign"], scene)
      try await expectRefused(
        [String(serial.prefix(12)), "--foreign"], saying: ["leave out --foreign"], scene)
      try await expectRefused(
        [String(serial.prefix(8)) + "…"],
        saying: ["2 serial numbers begin with", "\(serial) of edge-1", "\(twin) of app-2"], scene)
      for address in Self.backEnds { #expect(try await thief.ask(address).status == 200) }

      try await scene.succeed("revoke", "--serial", serial, "--yes")
      for address in Self.backEnds { #expect(try await thief.ask(address).status == nil) }
      #expect(try revoked(scene) == [serial])
    }
  }

  private func revoked(_ scene: Scene) throws -> [String] {
    let state = try JSONSerialization.jsonObject(with: Data(scene.read("shop.state.json").utf8))
    let revocations = (state as? [String: Any])?["revocations"] as? [[String: Any]]
    return (revocations ?? []).compactMap { $0["serial"] as? String }
  }

  /// Records a certificate of app-2 whose serial differs from another one in its last digit alone.
  private func issueTwin(of serial: String, _ scene: Scene) throws -> String {
    let url = URL(filePath: scene.statePath)
    var state = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    var issued = try #require(state["issued"] as? [[String: Any]])
    var record = try #require(issued.first { $0["host"] as? String == "app-2" })
    var certificate = try #require(record["certificate"] as? [String: Any])
    let twin = String(serial.dropLast()) + (serial.last == "0" ? "1" : "0")
    certificate["serial"] = twin
    record["certificate"] = certificate
    issued.append(record)
    state["issued"] = issued
    try JSONSerialization.data(withJSONObject: state).write(to: url)
    return twin
  }

  @Test(
    "a certificate that the CA's key signed elsewhere is revoked by its whole serial with --foreign"
  )
  func foreign() async throws {
    try await Scene.play { scene in
      try await scene.apply()
      let serial = "0badc0ffee0ddf00d000"
      let thief = try await StolenIdentity(of: "edge-1", scene)
      try await sign(serial, scene)
      for address in Self.backEnds { #expect(try await thief.ask(address).status == 200) }
      try await expectRefused([serial], saying: ["no valid certificate", "--foreign"], scene)
      try await scene.succeed("revoke", "--serial", serial, "--foreign", "--yes")
      for address in Self.backEnds {
        #expect(try await thief.ask(address).status == nil)
        #expect(try await thief.ask(address, with: .current).status == 200)
      }
      // No later generation, and no rotation of certificates, brings it back.
      try await scene.succeed("rotate", "certificates", "--yes")
      for address in Self.backEnds { #expect(try await thief.ask(address).status == nil) }
      try await scene.expectNoChanges()
    }
  }

  /// Signs another certificate for the stolen key with the CA's, without `deploy`.
  private func sign(_ serial: String, _ scene: Scene) async throws {
    let key = try await scene.on("edge-1", "cat /root/kept/front-end.key").stdout
    try scene.write(key, to: "stolen.key")
    try scene.write("extendedKeyUsage=clientAuth\n", to: "stolen.ext")
    let signed = try await scene.sandbox.run(
      [
        "sh", "-euc",
        """
        cd "$1"
        openssl req -new -key stolen.key -subj /CN=edge-1 -out stolen.csr
        openssl x509 -req -in stolen.csr -CA shop.ca/ca-1.crt \
          -CAkey shop.ca/ca-1.key -passin env:DEPLOY_PASSPHRASE -days 30 \
          -set_serial "0x$2" -extfile stolen.ext
        """, "sh", scene.folder, serial,
      ], environment: Scene.environment)
    #expect(signed.status == 0, "\(signed.all)")
    try await scene.sandbox.write(
      signed.stdout, to: "/root/kept/front-end.crt", on: .host("edge-1"))
  }
}
