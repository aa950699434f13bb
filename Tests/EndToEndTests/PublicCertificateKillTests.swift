import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "A run that is killed while it orders a certificate", .serialized,
  .requires(isRoot, "namespaces need root"),
  .requires(PublicCA.isInstalled, "needs Debian's packages pebble and bind9-dnsutils"))
struct PublicCertificateKillTests {
  /// Requests of an order for several names, at least: directory, nonce, account, order, and for each name its
  /// authorization, its challenge and the check of it; then the order, finalize, the order, the certificate.
  private static let leastRequests = 12
  /// An order that asks for more requests than this never ends.
  private static let mostRequests = 60
  private static let isWhole = TestSetting.number("DEPLOY_SWEEP") == 1

  /// When a run is killed: at a request of an order, or at one of a kind.
  private struct Moment: CustomStringConvertible {
    var number: Int
    /// The method and the beginning of the path; empty for every request.
    var kind = ""
    var side: PublicCA.Side

    var description: String { "\(side) request \(number) \(kind)" }
  }

  /// In a sweep every request, before and after. In a short run twelve events, for an order of three names:
  /// each kind of request once, and both sides of those that make an order and finalize it. An order asks for
  /// all authorizations, then answers all challenges, then asks for all authorizations again.
  private static let moments: [[Moment]] =
    isWhole
    ? (1...mostRequests).map { number in
      PublicCA.Side.allCases.map { Moment(number: number, side: $0) }
    }
    : [
      Moment(number: 1, kind: "GET /dir", side: .after),
      Moment(number: 1, kind: "POST /sign-me-up", side: .after),
      Moment(number: 1, kind: "POST /order-plz", side: .before),
      Moment(number: 1, kind: "POST /order-plz", side: .after),
      Moment(number: 1, kind: "POST /authZ", side: .after),
      Moment(number: 1, kind: "POST /chalZ", side: .before),
      Moment(number: 3, kind: "POST /chalZ", side: .after),
      Moment(number: 4, kind: "POST /authZ", side: .before),
      Moment(number: 1, kind: "POST /my-order", side: .after),
      Moment(number: 1, kind: "POST /finalize-order", side: .before),
      Moment(number: 1, kind: "POST /finalize-order", side: .after),
      Moment(number: 1, kind: "POST /certZ", side: .after),
    ].map { [$0] }

  @Test("at each request: the next run continues the order, and no key is lost or left in clear")
  func eachRequest() async throws {
    // All names have to be proven, so that an order has all its requests; no nonce is refused, so that they
    // are the same each time.
    try await ACMEScene.play(pebble: ["PEBBLE_AUTHZREUSE": "0", "PEBBLE_WFE_NONCEREJECT": "0"]) {
      acme in
      try await acme.scene.apply()
      let search = try SecretSearch(acme.scene)
      let visitors = try acme.visitors()
      var killed = 0
      for (index, moments) in Self.moments.enumerated() {
        var wasKilled = false
        for moment in moments where try await isKilled(acme, at: moment, number: index + 1) {
          wasKilled = true
        }
        guard wasKilled else { break }
        killed += 1
      }
      print("killed at \(killed) requests of an order")
      #expect(
        Self.isWhole
          ? (Self.leastRequests..<Self.mostRequests).contains(killed) : killed == Self.moments.count
      )
      try await visitors.expectNoFailure("kills at \(killed) requests")
      #expect(try acme.ca.accounts() == 1)
      try await expectNoSecret(acme, in: try await search.end())
    }
  }

  @Test("for the first time: there is one account and at most one order more")
  func first() async throws {
    try await ACMEScene.play(pebble: ["PEBBLE_AUTHZREUSE": "0", "PEBBLE_WFE_NONCEREJECT": "0"]) {
      acme in
      var kills = 0
      for number in 1...Self.mostRequests {
        try acme.ca.hold(atRequest: number, .after)
        guard try await isKilledWhileHeld(acme) else { break }
        kills += 1
        // The server has made the account or the order; the run was killed before it knew.
        try expectKeysAreEncrypted(acme)
      }
      try await acme.ca.release()
      #expect(kills > 2)
      // Each kill right after the order was made may cost one; afterwards, the pending order continues.
      let requests = try acme.ca.requests()
      #expect(try acme.ca.orders() <= 2, "\(requests)")
      #expect(try acme.ca.accounts() == 1)
      _ = try await acme.shown()
      try await acme.scene.apply()
      try await acme.scene.expectNoChanges()
      #expect(try acme.ca.orders() <= 2)
    }
  }

  /// Orders a certificate with one more name, kills the run at a request, and lets the next one complete it.
  ///
  /// - Parameter number: makes the name.
  /// - Returns: whether the order had that request.
  private func isKilled(
    _ acme: ACMEScene, at moment: Moment, number: Int
  ) async throws -> Bool {
    let (scene, ca) = (acme.scene, acme.ca)
    let name = "kill-\(number)-\(moment.side.rawValue).shop.example"
    var inventory = ACMEScene.inventory()
    inventory.aliases.append(name)
    try scene.write(inventory)
    let (orders, files) = (try ca.orders(), try keyFiles(acme))
    try ca.hold(atRequest: moment.number, moment.side, of: moment.kind)
    let isKilled = try await isKilledWhileHeld(acme)
    try await ca.release()
    try expectKeysAreEncrypted(acme)
    #expect(try files.isSubset(of: keyFiles(acme)), "a key is lost")
    if isKilled {
      for host in RotationScene.frontEnds.keys { try await scene.settle(host, isHurried: true) }
      let names = try await acme.shown().names
      #expect(names.isSuperset(of: ["shop.example", "www.shop.example"]), "\(names)")
      try await scene.apply()
    }
    let made = try ca.orders() - orders
    #expect((1...2).contains(made), "killed \(moment): \(made) orders")
    #expect(try await acme.shown().names == Set(inventory.aliases + [ACMEScene.site]))
    try await scene.expectNoChanges()
    #expect(try ca.orders() - orders == made)
    return isKilled
  }

  /// Applies, and kills the run when the front holds its request.
  private func isKilledWhileHeld(_ acme: ACMEScene) async throws -> Bool {
    let run = try acme.scene.watch("apply", "--yes")
    let isKilled = try await run.isKilled { acme.ca.isHolding }
    if isKilled { try await acme.ca.release() }
    return isKilled
  }

  // MARK: - Keys

  private func store(_ acme: ACMEScene) -> String { acme.scene.folder + "/shop.ca/acme" }

  private func keyFiles(_ acme: ACMEScene) throws -> Set<String> {
    guard FileManager.default.fileExists(atPath: store(acme)) else { return [] }
    return Set(try FileManager.default.contentsOfDirectory(atPath: store(acme)))
  }

  /// That no file of the folder has a private key in clear, but the test CA's own and the fleet key.
  private func expectKeysAreEncrypted(_ acme: ACMEScene) throws {
    let marks = [
      "-----BEGIN PRIVATE KEY", "-----BEGIN EC PRIVATE KEY", "-----BEGIN RSA PRIVATE KEY",
    ]
    let escaped = marks.map { $0.replacing(" ", with: "\\u0020") }
    let found = try SecretSearch.found(marks + escaped, inFilesBelow: acme.scene.folder)
    // The fleet key signs without a passphrase; it is not the key of a certificate.
    #expect(Set(found) == ["public/ca.key", "public/server.key", "shop.ca/fleet-1.key"])
  }

  /// That passphrase and keys are in no file of the folder, in no process, and not in other files of hosts.
  private func expectNoSecret(_ acme: ACMEScene, in processes: String) async throws {
    #expect(processes.contains("nginx: master process"), "no host was sampled")
    #expect(processes.contains("curl"), "no request was sampled")
    var keys = ""
    for host in RotationScene.frontEnds.keys {
      keys += try await acme.scene.on(
        host, "find /etc/deploy/releases -name '*.key' -exec cat {} +"
      ).stdout
    }
    let account = try await acme.scene.sandbox.run(
      ["openssl", "pkey", "-in", store(acme) + "/account-default.key", "-passin", "env:TRIED"],
      environment: ["TRIED": Scene.passphrase])
    #expect(account.status == 0, "the account's key is lost: \(account.all)")
    let secrets =
      [Scene.passphrase]
      + SecretSearch.lines(ofKeys: keys).union(SecretSearch.lines(ofKeys: account.stdout))
    #expect(secrets.count > 4)
    #expect(SecretSearch.found(secrets, in: processes) == [])
    #expect(try SecretSearch.found(secrets, inFilesBelow: acme.scene.folder) == [])
    #expect(try SecretSearch.found(secrets, in: acme.scene.read("watched.log")) == [])
  }
}
