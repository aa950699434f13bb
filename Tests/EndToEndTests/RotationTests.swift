import Foundation
import Sandbox
import Testing

@Suite(
  "Certificates and the authority change under load", .serialized,
  .enabled(if: isRoot, "namespaces need root"))
struct RotationTests {
  private static let backEnds = [
    "app-1": "198.18.0.21", "app-2": "198.18.0.22", "app-3": "198.18.0.23",
    "app-4": "198.18.0.24",
  ]
  private static let frontEnds = ["edge-1": "198.18.0.10", "edge-2": "198.18.0.11"]

  private static let kills = 8

  private static var inventory: InventoryText {
    var inventory = InventoryText(frontEnds: frontEnds, backEnds: backEnds)
    inventory.siteCertificate = "{files: {certificate: site.crt, key: site.key}}"
    inventory.siteLines = ["snippets: {back_end: answer.conf}"]
    return inventory
  }

  /// A fleet that is applied, whose visitors do not depend on the authority that changes.
  private static func play(_ body: (Scene) async throws -> Void) async throws {
    try await Scene.play(inventory) { scene in
      try scene.write("location = /answer { return 200 answered; }\n", to: "answer.conf")
      let made = try await scene.sandbox.run([
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-days", "60", "-subj", "/CN=shop.example", "-addext",
        "subjectAltName=DNS:shop.example,DNS:www.shop.example", "-keyout",
        scene.folder + "/site.key", "-out", scene.folder + "/site.crt",
      ])
      #expect(made.status == 0, "\(made.all)")
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o600], ofItemAtPath: scene.folder + "/site.key")
      try await scene.apply()
      try await body(scene)
    }
  }

  @Test("no request fails while everything is rotated and a front-end's certificate is revoked")
  func underLoad() async throws {
    try await Self.play { scene in
      let visitors = try Visitors(scene, Self.frontEnds)
      let playbook = try writePlaybook(scene)
      try await scene.succeed("rotate", "authority", "--yes", "--playbook", playbook)
      try await expectEnd(of: 2, in: scene)
      let before = try await serials(scene)
      try await scene.succeed("rotate", "certificates", "--yes", "--playbook", playbook)
      let after = try await serials(scene)
      #expect(Set(before).isDisjoint(with: after) && Set(after).count == 6, "\(before) \(after)")

      try await keepIdentity(of: "edge-2", scene)
      for address in Self.backEnds.values {
        #expect(try await ask(address, .kept, scene).contains(" 200 "))
      }
      try await scene.succeed("revoke", "edge-2", "--reason", "key-compromise", "--yes")
      for address in Self.backEnds.values {
        let refused = try await ask(address, .kept, scene)
        #expect(refused.contains(" 503 ") && !refused.contains("answered"), "\(refused)")
        #expect(try await ask(address, .current, scene).contains(" 200 "))
      }
      try await visitors.expectNoFailure("rotations and a revocation")
      #expect(try await scene.deploy("verify").status == 0)
      try await scene.expectNoChanges()
    }
  }

  @Test(
    "a certificate that comes before its authority is trusted fails requests of the same visitors")
  func wrongOrder() async throws {
    try await Self.play { scene in
      let visitors = try Visitors(scene, Self.frontEnds)
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

  @Test("a rotation that is killed again and again, and loses its state, goes on to its end")
  func killed() async throws {
    try await Self.play { scene in
      let visitors = try Visitors(scene, Self.frontEnds)
      let playbook = try writePlaybook(scene)
      let events = [": staged and tested", ": confirmed", ": switching"]
      for run in 0..<Self.kills {
        let rotation = try scene.watch("rotate", "authority", "--yes", "--playbook", playbook)
        #expect(try await rotation.isKilled(at: events[run % events.count]))
        if run == Self.kills / 2 { try await loseState(scene) }
      }
      try await scene.succeed("rotate", "authority", "--yes", "--playbook", playbook)
      try await expectEnd(of: 2, in: scene)
      try await visitors.expectNoFailure("a rotation killed \(Self.kills) times")
      try await scene.expectNoChanges()
    }
  }

  @Test("a host that is down keeps the old authority, is named, and the next run goes on")
  func unreachable() async throws {
    let both: Set = ["/srv/shop app-1", "/srv/shop app-2"]
    try await Scene.play { scene in
      try await scene.apply()
      try await scene.on("app-2", "pkill -KILL -x sshd; rm -f /run/sshd.pid")
      let first = try await scene.deploy("rotate", "authority", "--yes")
      #expect(first.status == 1)
      #expect(first.stderr.contains("\"Shop Certification Center\" is not at its end"))
      #expect(first.stderr.contains("    app-2: "), "\(first.all)")
      let status = try await scene.succeed("rotate", "authority", "--status")
      #expect(status.stdout.contains("as recorded: "), "\(status.all)")
      #expect(try await scene.answering(both).isSuperset(of: both))
      try await scene.on("app-2", "/usr/sbin/sshd -E /var/log/sshd.log")
      try await scene.succeed("rotate", "authority", "--yes")
      try await expectEnd(of: 2, in: scene)
      try await scene.expectNoChanges()
    }
  }

  @Test("the certificates of a host that is decommissioned are revoked where the playbook says so")
  func decommission() async throws {
    var inventory = InventoryText(
      frontEnds: Self.frontEnds, backEnds: ["app-1": "198.18.0.21"])
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

  private func writePlaybook(_ scene: Scene) throws -> String {
    try scene.write("name: quick\nrollout: {batch: 50%, confirm_within: 5s}\n", to: "quick.yml")
    return "\(scene.folder)/quick.yml"
  }

  // MARK: - What is so

  /// Deletes the state, and has it recreated.
  private func loseState(_ scene: Scene) async throws {
    for host in Array(Self.backEnds.keys) + Self.frontEnds.keys {
      try await scene.settle(host, isHurried: true)
    }
    for name in ["shop.state.json", "shop.state.json.previous"] {
      try FileManager.default.removeItem(atPath: "\(scene.folder)/\(name)")
    }
    #expect(try await scene.deploy("rotate", "authority", "--yes").status == 1)
    try await scene.succeed("state", "rebuild")
  }

  /// That every host trusts and shows one generation, and the others are archived.
  private func expectEnd(
    of generation: Int, in scene: Scene, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let output = try await scene.deploy("rotate", "authority", "--status", "--format", "json")
    let standing = try JSONDecoder().decode(Standing.self, from: Data(output.stdout.utf8))
    #expect(!standing.isRotating, "\(output.all)", sourceLocation: sourceLocation)
    #expect(standing.generations.map(\.generation) == [generation], sourceLocation: sourceLocation)
    for host in standing.hosts {
      #expect(
        host.trusts == [generation] && host.shows == [generation] && host.doubt == nil,
        "\(output.all)", sourceLocation: sourceLocation)
    }
    let archive = scene.folder + "/shop.authority/archive/authority-\(generation - 1).key"
    #expect(FileManager.default.fileExists(atPath: archive), sourceLocation: sourceLocation)
  }

  private struct Standing: Decodable {
    struct Generation: Decodable { var generation: Int }
    struct Host: Decodable {
      var trusts: [Int]
      var shows: [Int]
      var doubt: String?
    }
    var isRotating: Bool
    var generations: [Generation]
    var hosts: [Host]
  }

  /// The serials of what the hosts have installed.
  private func serials(_ scene: Scene) async throws -> [String] {
    try await (Array(Self.backEnds.keys) + Self.frontEnds.keys).asyncMap { host in
      try await scene.on(
        host, "openssl x509 -noout -serial -in /etc/deploy/current/tls/*-end.crt"
      ).stdout
    }
  }

  // MARK: - A stolen key

  private enum Identity: String {
    case kept = "/root/kept/front-end"
    case current = "/etc/deploy/current/tls/front-end"
  }

  /// Keeps what a thief would: the key, the certificate, and a session with each back-end.
  private func keepIdentity(of host: String, _ scene: Scene) async throws {
    let output = try await scene.on(
      host, "mkdir -p /root/kept && cp /etc/deploy/current/tls/front-end.* /root/kept/")
    #expect(output.status == 0, "\(output.all)")
  }

  /// Asks a back-end from the front-end's own address; takes up the session that it left there before.
  private func ask(_ address: String, _ identity: Identity, _ scene: Scene) async throws -> String {
    try await scene.on(
      "edge-2",
      """
      session=/root/kept-session-$1
      resume=
      [ ! -s "$session" ] || resume="-sess_in $session"
      { printf 'GET /answer HTTP/1.1\\r\\nHost: shop.example\\r\\nConnection: close\\r\\n\\r\\n'; sleep 0.3; } |
        timeout 10 openssl s_client -quiet -tls1_2 -connect "$1:443" -servername shop.example \
          -cert "$2.crt" -key "$2.key" $resume -sess_out "$session" 2>&1
      """, address, identity.rawValue
    ).all
  }
}

/// Programs that ask for a page and post to it, through each front-end, one request after another.
private struct Visitors {
  private struct Visitor {
    var frontEnd: String
    var method: String
    var command: SandboxCommand
  }

  private let scene: Scene
  private let visitors: [Visitor]

  init(_ scene: Scene, _ frontEnds: [String: String]) throws {
    self.scene = scene
    visitors = try frontEnds.sorted { $0.key < $1.key }.flatMap { name, address in
      try ["GET", "POST"].map { method in
        let script = """
          rm -f /tmp/visitors-stop
          requests=0
          while [ ! -e /tmp/visitors-stop ] && [ $requests -lt 100000 ]; do
            requests=$((requests + 1))
            curl --http1.1 -s -o /dev/null -w '%{http_code} %{exitcode} %{errormsg}\\n' --max-time 10 \
              -X \(method) --cacert \(scene.folder)/site.crt \
              --resolve shop.example:443:\(address) https://shop.example/answer
          done
          """
        return Visitor(
          frontEnd: name, method: method, command: try scene.sandbox.spawn(["sh", "-c", script]))
      }
    }
  }

  func expectNoFailure(_ during: String) async throws {
    for (visitor, answers) in try await answers() {
      let failed = answers.filter { !$0.hasPrefix("200 ") }
      print(
        "\(during): \(visitor.method) through \(visitor.frontEnd): \(answers.count) answers,"
          + " \(failed.count) of them failures")
      #expect(answers.count > 50, "a visitor that does not visit sees nothing")
      #expect(failed.isEmpty, "\(failed.count) of \(answers.count): \(Set(failed))")
    }
  }

  /// That requests through one front-end fail, and none through the others.
  func expectFailures(through frontEnd: String, _ during: String) async throws {
    _ = try await scene.sandbox.run(["sleep", "2"])
    for (visitor, answers) in try await answers() {
      let failed = answers.filter { !$0.hasPrefix("200 ") }
      print(
        "\(during): \(visitor.method) through \(visitor.frontEnd): \(answers.count) answers,"
          + " \(failed.count) of them failures")
      #expect(failed.isEmpty == (visitor.frontEnd != frontEnd), "\(Set(failed))")
    }
  }

  private func answers() async throws -> [(Visitor, [Substring])] {
    try await scene.sandbox.write("", to: "/tmp/visitors-stop", on: .controller)
    var all: [(Visitor, [Substring])] = []
    for visitor in visitors {
      all.append((visitor, try await visitor.command.wait().stdout.split(separator: "\n")))
    }
    return all
  }
}

extension WatchedRun {
  /// Kills the program when it has said something; false where it has come to a good end before.
  fileprivate func isKilled(at words: String) async throws -> Bool {
    let end = End()
    async let output = end.told(by: command)
    while try !progress.contains(words), await !end.hasCome {
      try await Task.sleep(for: .milliseconds(1))
    }
    guard await end.hasCome else {
      try await command.signal(SIGKILL)
      return try await output.status != 0
    }
    let (said, ending) = (try progress, try await output)
    #expect(ending.status == 0, "\(said)\(ending.all)")
    return false
  }
}

/// Whether a program has ended.
private actor End {
  private(set) var hasCome = false

  func told(by command: SandboxCommand) async throws -> CommandOutput {
    let output = try await command.wait()
    hasCome = true
    return output
  }
}
