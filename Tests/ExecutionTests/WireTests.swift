import Fleet
import FleetLiterals
import Foundation
import InMemoryLogging
import Logging
import Planning
import State
import TestSupport
import Testing

@testable import Execution

@Suite("What is sent to a host")
struct WireTests {
  private static let paths = [
    "firewall.nft", "nginx/front-end/shop.example.conf", "tls/x y.key",
    "nginx/" + String(repeating: "a", count: 94), "nginx/" + String(repeating: "b", count: 95),
    "tls/sites/" + String(repeating: "c.", count: 120) + "crt",
    String(repeating: "d/", count: 200) + "e",
  ]

  @Test("is an archive that every tar reads", arguments: ["tar", "busybox tar"])
  func archive(_ tar: String) throws {
    let folder = try TemporaryFolder()
    var archive = TarArchive()
    archive.addFolder("tls", mode: 0o700)
    for (index, path) in Self.paths.enumerated() {
      archive.addFile(
        path, mode: path.hasSuffix("key") ? 0o600 : 0o644,
        content: [UInt8](repeating: UInt8(index), count: index * 511))
    }
    archive.finish()
    try folder.write(archive.bytes, to: "archive")
    try folder.makeFolder("out")
    let result = try Shell.run([
      "sh", "-c", "umask 022; cd \(folder.path)/out && \(tar) -x -o -p -f - < ../archive",
    ])
    #expect(result.error == "")
    for (index, path) in Self.paths.enumerated() {
      #expect(
        try folder.bytes("out/" + path) == [UInt8](repeating: UInt8(index), count: index * 511))
    }
    let modes = try Shell.run([
      "stat", "-c", "%a", folder.path + "/out/tls", folder.path + "/out/tls/x y.key",
      folder.path + "/out/firewall.nft",
    ])
    #expect(modes.output == "700\n600\n644\n")
    let count = try Shell.run(["sh", "-c", "find \(folder.path)/out -type f | wc -l"])
    #expect(count.output == "\(Self.paths.count)\n")
  }

  @Test("is a program without its comments, in ASCII")
  func program() throws {
    let lines = String(decoding: HostProgram.fake.text, as: UTF8.self).split(separator: "\n")
    #expect(lines.count { $0.drop { $0 == " " }.hasPrefix("#") } == 2)
    #expect(HostProgram.fake.text.allSatisfy { $0 < 0x80 && $0 != 0 })
    for shell in Shell.withBash {
      let result = try Shell.run(
        shell.rawValue.split(separator: " ").map(String.init) + ["-n"], input: HostProgram.fake.text
      )
      #expect(result.status == 0 && result.error == "")
    }
    #expect(
      HostProgram.withoutComments("#!/bin/sh\n# why\na='#b' # c\n  # d\n\n\t#e\n")
        == "a='#b' # c\n\n\t#e\n")
  }

  @Test("reads no variable of deploy's from the environment")
  func noSettings() throws {
    let launcher = HostCall(command: .manifest(release: 1), program: .fake).launcher
    let text = String(decoding: launcher + HostProgram.fake.text, as: UTF8.self)
    #expect(text.matches(of: /DEPLOY_\w*/).map { String($0.0) } == [])
    #expect(text.contains("\nroot=/etc/deploy\n") && text.contains("\nrun=/run/deploy\n"))
  }

  private func release(_ step: PlannedStep) async throws -> BuiltRelease {
    try await ReleaseBuilder(
      issuer: FakeIssuer(), store: FakeStore(journal: Journal()), signer: FakeSigner(),
      surroundings: Surroundings(
        user: "ann@laptop", now: { Timestamp(secondsSince1970: 0) }, digest: { "\($0.count)" },
        readSecret: { _ in SecretContent(Array(FakeIssuer.secret.utf8)) }, sleep: { _ in }),
      fleet: "shop", lineage: "l", serial: 7
    ).build(step, after: step.present)
  }

  private let step = PlannedStep(
    host: "app-1",
    connection: HostAccess(address: "198.18.0.1", ssh: SSHSettings(user: "root")),
    roles: ["back-end"],
    HostStep(
      .install(
        Installation(
          release: 1, isFirst: true,
          files: [
            PlannedFile(path: "tls/back-end.crt", source: .certificate("tls/back-end.crt")),
            PlannedFile(path: "tls/back-end.key", source: .key("tls/back-end.crt"), isSecret: true),
            PlannedFile(
              path: "tls/sites/a.key",
              source: .local("a.key", FileRecord(digest: "aa", isSecret: true)), isSecret: true),
          ],
          certificates: [
            PlannedCertificate(
              path: "tls/back-end.crt", keyPath: "tls/back-end.key", purpose: .server,
              commonName: "app-1", names: ["app-1"], key: "ecdsa-p256", validFor: 86_400,
              reason: "the host has none")
          ])), reasons: []))

  @Test("shows no secret in any description")
  func secrets() async throws {
    let release = try await release(step)
    let issued = try FakeIssuer().issue(step.certificates[0])
    #expect(String(decoding: release.archive.bytes, as: UTF8.self).contains("hunter2"))
    for value in [release, step, issued, issued.key, [release], Optional(issued) as Any] as [Any] {
      var dumped = ""
      dump(value, to: &dumped)
      for text in ["\(value)", String(reflecting: value), dumped] {
        #expect(!text.contains("hunter2"))
        // Nor as the numbers of its bytes: "hun".
        #expect(!text.contains("104, 117, 110") && !text.contains("- 104\n"))
      }
    }
  }

  @Test("lists in its manifest all new and all kept files")
  func manifest() async throws {
    var step = step
    let known = FileRecord(digest: "bb", isSecret: true)
    step.present = ReleaseRecord(number: 1, files: ["tls/old.key": known], certificates: [:])
    var installation = try #require(step.installation)
    installation.files.append(PlannedFile(path: "tls/old.key", source: .present, isSecret: true))
    step.kind = .install(installation)
    let release = try await release(step)
    let folder = try TemporaryFolder()
    try folder.write(release.archive.bytes, to: "archive")
    let result = try Shell.run([
      "sh", "-c", "cd \(folder.path) && tar -x -f archive && find tls -type f | sort",
    ])
    #expect(release.kept == ["tls/old.key"])
    #expect(
      String(decoding: release.input.prefix(20), as: UTF8.self) == "tls/old.key\nmanifest")
    #expect(
      result.output
        == "tls/back-end.crt\ntls/back-end.key\ntls/sites/a.key\n")
    let manifest = try #require(Manifest(try folder.text("manifest")))
    #expect(manifest.release == release.record)
    #expect(manifest.release.files["tls/old.key"] == known)
    #expect(manifest.release.certificates.keys.sorted() == ["tls/back-end.crt"])
  }
}

@Suite("The answer of a host")
struct ConversationTests {
  /// Gives its bytes in pieces of a size.
  private actor Pieces: RemoteProcess {
    private var rest: [[UInt8]]

    init(_ pieces: [[UInt8]]) { rest = pieces }

    func write(_ bytes: [UInt8], within limit: Duration) {}
    func closeInput(within limit: Duration) {}
    func read(within limit: Duration) -> [UInt8]? { rest.isEmpty ? nil : rest.removeFirst() }
    func finish(within limit: Duration) -> [UInt8] { [] }
  }

  private static let said = Array(
    "Welcome!\n| a box |\n@deploy beginning\n\u{1B}]0;app-1\u{7}\n@deploy begin\n| ?\n@deploy version 1\n@deploy clock 12\n| é: \u{301}quoted\n@deploy end\n|no\n@deploy text a:\u{301}\n@deploy"
      .utf8)
  private static let messages: [Said<SurveyMessage>] = [
    .message(SurveyMessage(.clock, "12")), .quoted("é: \u{301}quoted"),
    .message(SurveyMessage(.end, "")), .message(SurveyMessage(.text, "a:\u{301}")),
  ]

  private func messages(_ pieces: [[UInt8]]) async throws -> [Said<SurveyMessage>] {
    let conversation = Conversation(Pieces(pieces), .fake, Budget(.seconds(60), bytes: 1 << 20))
    var messages: [Said<SurveyMessage>] = []
    while let message = try await conversation.next(SurveyMessage.self) { messages.append(message) }
    return messages
  }

  @Test("is the same for any division of its bytes")
  func divisions() async throws {
    for place in 0...Self.said.count {
      let pieces = [Array(Self.said[..<place]), Array(Self.said[place...])]
      #expect(try await messages(pieces) == Self.messages)
    }
    #expect(try await messages(Self.said.map { [$0] }) == Self.messages)
  }

  @Test("is logged without control characters and at a bounded length; of what is sent, the size")
  func log() async throws {
    var log = InMemoryLogHandler()
    log.logLevel = .trace
    let handler = log
    let said =
      "@deploy begin\n@deploy version 1\n@deploy rule \u{1B}[2J\(String(repeating: "x", count: 999))\n"
      + "@deploy nginx-line 7:proxy_set_header Authorization \"Bearer planted\";\n"
      + "@deploy text nginx/a.conf:planted\n"
    let conversation = Conversation(
      Pieces([Array("Welcome\u{7}!\n".utf8), Array(said.utf8)]), .fake,
      Budget(.seconds(60), bytes: 1 << 20), log: Logger(label: "test") { _ in handler },
      level: .trace)
    for _ in 0..<3 { _ = try await conversation.next(SurveyMessage.self) }
    try await conversation.send(Array("a secret".utf8))
    let lines = log.entries.map { "\($0.level) \($0.message)" }
    #expect(lines[0] == "debug prints before the program: Welcome\\u{7}!")
    #expect(lines[1] == "trace says version 1")
    #expect(lines[2].hasPrefix("trace says rule \\u{1B}[2Jxxx") && lines[2].count < 250)
    #expect(
      lines[3...] == [
        "trace says nginx-line (50 bytes)", "trace says text (20 bytes)", "debug is sent 8 bytes",
      ], "\(lines)")
  }

  @Test("is followed by that to another call, if the program still waits for one")
  func anotherCall() async throws {
    let budget = Budget(.seconds(60), bytes: 1 << 20)
    let conversation = Conversation(
      ScriptedProcess(saying: ["end", "version 1", "staged"]), .fake, budget)
    #expect(try await conversation.next() == .message(SurveyMessage(.end, "")))
    let order = HostCommand.manifest(release: 1)
    #expect(await conversation.goOn(with: order, of: .fake, budget))
    #expect(try await conversation.next() == .message(TransactionMessage.staged))
    #expect(await conversation.goOn(with: order, of: .fake, budget) == false)
  }

  @Test("is an observation only if the survey is complete")
  func surveyEnd() throws {
    let fingerprint = "3:" + String(repeating: "a", count: 64)
    var reader = SurveyReader(recognize: ShownManifest.trusted)
    for (key, value) in [
      ("clock", "12"), ("user", "0"), ("nginx", "1.22.1"), ("current", "3"), ("served", "3"),
      ("latest", "3"), ("include", "/etc/nginx/conf.d/deploy.conf"), ("fingerprint", fingerprint),
      ("text", "nginx/a.conf:a: b\r"), ("text", "nginx/a.conf:"),
      ("text", "nginx/b.conf:\u{301}x"), ("drift", "tls/x.key"), ("firewall", "as-installed"),
    ] {
      try reader.read(SurveyMessage(word: key, value: value))
      #expect(reader.result == nil)
    }
    try reader.read(SurveyMessage(.end, ""))
    #expect(
      reader.result
        == HostObservation(
          clock: Timestamp(secondsSince1970: 12), nginxVersion: "1.22.1", servedReleases: [3],
          currentRelease: 3, latestRelease: 3,
          fingerprint: .release(3, digest: String(repeating: "a", count: 64)),
          driftedFiles: ["tls/x.key"],
          texts: ["nginx/a.conf": "a: b\r\n\n", "nginx/b.conf": "\u{301}x\n"],
          firewall: .asInstalled))
  }

  @Test("in a survey by the program itself is read back", arguments: Shell.allCases)
  func realSurvey(_ shell: Shell) async throws {
    let folder = try TemporaryFolder()
    try folder.program("nginx", "echo 'nginx version: nginx/1.22.1' >&2")
    try folder.program("nft", "exit 1")
    let manifest = Manifest(
      fleet: "shop", lineage: "l", host: "app-1", serial: 3, madeAt: Timestamp(secondsSince1970: 0),
      madeBy: "ann@laptop",
      release: ReleaseRecord(
        number: 4,
        files: [
          "nginx/deploy.conf": FileRecord(
            digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            isSecret: false),
          "nginx/gone.conf": FileRecord(
            digest: String(repeating: "1", count: 64), isSecret: false),
          "tls/x.key": FileRecord(
            digest: String(repeating: "0", count: 64), isSecret: true),
        ], certificates: [:]))
    try folder.write(manifest.text, to: "root/releases/4/manifest")
    try folder.write("abc", to: "root/releases/4/nginx/deploy.conf")
    try folder.write("hunter2", to: "root/releases/4/tls/x.key")
    for other in ["notes", "9223372036854775807", "007"] {
      try folder.write("", to: "root/releases/\(other)/x")
    }
    let result = try shell.run(
      "ln -s releases/4 \"$root/current\"; survey_host vulnerabilities= connection='198.18.0.9 1 2 3'",
      in: folder)
    #expect(!result.output.contains("hunter2"))
    var reader = SurveyReader(recognize: ShownManifest.trusted)
    for said in try await messages([Array("@deploy begin\n\(result.output)".utf8)]) {
      if case .message(let message) = said { try reader.read(message) }
    }
    let observation = try #require(reader.result)
    #expect(observation.shownManifest?.manifest == manifest)
    #expect(observation.manifest == nil, "nothing is believed before it is judged")
    #expect(observation.currentRelease == 4)
    #expect(observation.latestRelease == 4)
    #expect(observation.keptReleases == [4])
    #expect(observation.nginxVersion == "1.22.1")
    #expect(observation.controllerAddress == "198.18.0.9")
    #expect(observation.driftedFiles == ["nginx/gone.conf", "tls/x.key"])
    #expect(observation.texts == ["nginx/deploy.conf": "abc\n"])
    #expect(observation.firewall == .absent)
    #expect(observation.isRoot)
    #expect(!observation.includesRelease)
    #expect(observation.fingerprint.release == 4)
    #expect(observation.missingTools.isEmpty)
  }
}
