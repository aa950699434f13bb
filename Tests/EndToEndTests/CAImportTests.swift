import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "A fleet under a CA that another program created", .serialized,
  .requires(isRoot, "namespaces need root"))
struct CAImportTests {
  /// The CAs that are imported, as their programs write them.
  enum Kind: String, CaseIterable {
    case opensslRoot = "an RSA root of openssl"
    case intermediate = "an EC intermediate and its root, whose owner publishes a list"
    case oldPEM = "a key of openssl ec with DEK-Info"
    case easyRSA = "a folder of easy-rsa 3"
    case step = "a folder of step"

    var commonName: String {
      switch self {
      case .easyRSA: "Easy-RSA CA"
      case .step: "Smallstep Intermediate CA"
      default: "Company CA"
      }
    }

    /// What follows `deploy ca import`, below the folder of ``ForeignCA``.
    var arguments: [String] {
      switch self {
      case .opensslRoot, .oldPEM: ["--certificate", "ca.crt", "--key", "ca.key"]
      case .intermediate:
        [
          "--certificate", "ca.crt", "--key", "ca.key", "--chain", "root.crt", "--crl", "root.crl",
        ]
      case .easyRSA: ["easy-rsa"]
      case .step: ["step"]
      }
    }
  }

  /// Two of each: one that is changed while the other serves.
  fileprivate static let backEnds = ["app-1": "198.18.0.21", "app-2": "198.18.0.22"]
  fileprivate static let hosts = Array(backEnds.keys) + RotationScene.frontEnds.keys

  /// Opens a fleet with visitors' files, and applies nothing.
  private static func play(_ body: (Scene) async throws -> Void) async throws {
    var inventory = RotationScene.inventory
    inventory.backEnds = backEnds
    try await Scene.play(inventory) { scene in
      try await RotationScene.writeSite(in: scene)
      try await body(scene)
    }
  }

  @Test(
    "apply, verify, revoke and rotation cost no request",
    .requires(hasEasyRSA, "easy-rsa: scripts/install-packages"), arguments: Kind.allCases)
  func wholeLife(_ kind: Kind) async throws {
    try await Self.play { scene in
      try FileManager.default.removeItem(atPath: scene.folder + "/shop.ca")
      try await scene.importCA(kind)
      try await scene.apply()
      #expect(try await scene.issuers() == [kind.commonName])
      let visitors = try Visitors(scene, RotationScene.frontEnds)
      let playbook = try scene.writeQuickPlaybook()
      if kind == .intermediate {
        try await scene.succeed("rotate", "certificates", "--yes", "--playbook", playbook)
      }
      #expect(try await scene.deploy("verify").status == 0)
      try await scene.expectRevocation(of: "edge-2")
      try await scene.succeed("rotate", "ca", "--yes", "--playbook", playbook)
      try await scene.expectRotated(to: 2)
      #expect(try await scene.issuers() == ["Shop Certification Center 2"])
      try await visitors.expectNoFailure("a fleet under \(kind.rawValue)")
      #expect(try await scene.deploy("verify").status == 0)
      try await scene.expectNoChanges()
    }
  }

  @Test(
    "a fleet moves to it from its own CA without a failed request, and other CAs of its root stay refused",
    arguments: [Kind.intermediate, .step])
  func moves(_ kind: Kind) async throws {
    try await Self.play { scene in
      try await scene.apply()
      let visitors = try Visitors(scene, RotationScene.frontEnds)
      let thief = try await StolenIdentity(of: "edge-1", scene)
      // Something is revoked before, and stays so.
      try await scene.succeed("revoke", "edge-1", "--yes")
      try await scene.importCA(kind)
      let playbook = try scene.writeQuickPlaybook()
      try await scene.succeed("rotate", "ca", "--yes", "--playbook", playbook)
      try await scene.expectRotated(to: 2)
      #expect(try await scene.issuers() == [kind.commonName])
      for address in Self.backEnds.values {
        #expect(try await thief.ask(address).isRefused)
        #expect(try await thief.ask(address, with: .current).status == 200)
      }
      if kind == .intermediate {
        let newer = scene.folder + "/foreign/newer.crl"
        let imported = try await scene.deploy(["ca", "import", "--crl", newer])
        #expect(imported.status == 0, "\(imported.all)")
        try await scene.apply()
        try await scene.expectRootList(endingIn: 5000)
      }
      if kind == .step { try await scene.expectRefused(signedBy: "another CA of the same root") }
      try await scene.expectRevocation(of: "edge-2")
      try await visitors.expectNoFailure("a fleet that moves to \(kind.rawValue)")
      #expect(try await scene.deploy("verify").status == 0)
      try await scene.expectNoChanges()
    }
  }

  @Test(
    "after a rotation to it that was killed, the import and the rotation continue without a failed request"
  )
  func killed() async throws {
    // Not one that `moves` has.
    let kind = Kind.opensslRoot
    try await Self.play { scene in
      try await scene.apply()
      let visitors = try Visitors(scene, RotationScene.frontEnds)
      try await scene.importCA(kind)
      let playbook = try scene.writeQuickPlaybook()
      let run = try scene.watch("rotate", "ca", "--yes", "--playbook", playbook)
      #expect(try await run.isKilled { try run.progress.ranges(of: ": confirmed").count >= 3 })
      for host in Self.hosts { try await scene.settle(host, isHurried: true) }
      try await scene.importCA(kind, isMade: true)
      try await scene.succeed("rotate", "ca", "--yes", "--playbook", playbook)
      try await scene.expectRotated(to: 2)
      #expect(try await scene.issuers() == [kind.commonName])
      try await visitors.expectNoFailure("a killed rotation to an imported CA")
      #expect(try await scene.deploy("verify").status == 0)
      try await scene.expectNoChanges()
    }
  }
}

private let hasEasyRSA = FileManager.default.isExecutableFile(atPath: "/usr/share/easy-rsa/easyrsa")

extension Scene {
  private static let keyPassphrase = "an-old-passphrase"

  /// Makes a CA as its program does, and imports it.
  ///
  /// - Parameter isMade: whether it was made before.
  fileprivate func importCA(
    _ kind: CAImportTests.Kind, isMade: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let files = folder + "/foreign"
    let environment = Self.environment.merging(["OLD": Self.keyPassphrase]) { $1 }
    if !isMade {
      try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: false)
      let made = try await sandbox.run(
        ["sh", "-euc", "cd \"$1\"; umask 077\n" + ForeignCA.functions + kind.script, "sh", files],
        environment: environment)
      try #require(made.status == 0, "\(made.all)", sourceLocation: sourceLocation)
    }
    let arguments = kind.arguments.map { $0.hasPrefix("--") ? $0 : "\(files)/\($0)" }
    let run = try await sandbox.run(
      command(["ca", "import"] + ["--key-passphrase-env", "OLD"] + arguments),
      environment: environment)
    try #require(run.status == 0, "\(run.all)", sourceLocation: sourceLocation)
    #expect(!run.all.contains(Self.keyPassphrase) && !run.all.contains(Self.passphrase))
    let shown = try await deploy("ca", "show").stdout
    #expect(
      shown.contains("\(kind.commonName) (signing)")
        && !shown.contains("not encrypted") && !shown.contains("warning"),
      "\(shown)", sourceLocation: sourceLocation)
  }

  /// The common names of the CAs that issued the hosts' certificates.
  fileprivate func issuers() async throws -> Set<String> {
    var names: Set<String> = []
    for host in CAImportTests.hosts {
      let output = try await on(
        host,
        "openssl x509 -noout -issuer -nameopt multiline -in /etc/deploy/current/tls/*-end.crt"
          + " | sed -n 's/.*commonName *= //p'")
      names.insert(output.stdout.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    return names
  }

  /// Revokes the certificate of a front-end, which every back-end then refuses.
  fileprivate func expectRevocation(
    of host: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let thief = try await StolenIdentity(of: host, self)
    for address in CAImportTests.backEnds.values {
      #expect(try await thief.ask(address).status == 200, sourceLocation: sourceLocation)
    }
    try await succeed("revoke", host, "--yes", sourceLocation: sourceLocation)
    for address in CAImportTests.backEnds.values {
      let refused = try await thief.ask(address)
      #expect(refused.isRefused, "\(refused)", sourceLocation: sourceLocation)
      #expect(
        try await thief.ask(address, with: .current).status == 200, sourceLocation: sourceLocation)
    }
  }

  /// That every host has the list of the root that expires after this number of days.
  fileprivate func expectRootList(
    endingIn days: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let end = ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: Double(days) * 86_400))
      .prefix(4)
    for host in CAImportTests.hosts {
      let ends = try await on(
        host,
        "awk '/BEGIN/ { n++ } { print >\"/tmp/crl-\" n }' /etc/deploy/current/tls/revoked.crl;"
          + " for f in /tmp/crl-*; do openssl crl -in $f -noout -nextupdate; done; rm /tmp/crl-*"
      ).stdout
      #expect(ends.contains(" \(end) GMT"), "\(host): \(ends)", sourceLocation: sourceLocation)
    }
  }

  /// That back-ends refuse a certificate that another CA below the same root has issued.
  fileprivate func expectRefused(
    signedBy other: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let made = try await sandbox.run(
      [
        "sh", "-euc",
        "cd \"$1\"; umask 077\n" + ForeignCA.functions + """
          ec users.key
          below users users.key 'CN=Users CA' step/certs/root_ca.crt step/secrets/root_ca_key
          ec eve.key
          openssl req -x509 -new -key eve.key $pass -CA users.crt -CAkey users.key -days 9 -config conf \
            -subj /CN=edge-1 -addext extendedKeyUsage=clientAuth -addext subjectAltName=DNS:edge-1 -out eve.crt
          cat eve.crt users.crt >../eve.pem
          openssl ec -in eve.key $pass -out ../eve.key
          openssl verify -CAfile step/certs/root_ca.crt -untrusted users.crt -purpose sslclient eve.crt
          """, "sh", folder + "/foreign",
      ], environment: ["OLD": Self.keyPassphrase])
    try #require(made.status == 0, "\(made.all)", sourceLocation: sourceLocation)
    for name in ["eve.pem", "eve.key"] {
      let text = try read(name)
      let written = try await on("edge-1", "umask 077; cat >/root/\(name) <<'END'\n\(text)END")
      #expect(written.status == 0, "\(written.all)", sourceLocation: sourceLocation)
    }
    for address in CAImportTests.backEnds.values {
      let asked = try await on(
        "edge-1",
        "curl -sk --max-time 10 --cert /root/eve.pem --key /root/eve.key -o /dev/null -w '%{http_code}'"
          + " --resolve shop.example:443:\(address) https://shop.example/answer")
      #expect(
        !asked.stdout.hasPrefix("2"), "\(other): \(asked.all)", sourceLocation: sourceLocation)
    }
  }
}
