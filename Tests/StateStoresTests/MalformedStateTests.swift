import Fleet
import FleetLiterals
import Foundation
import State
import StateStores
import TestSupport
import Testing

@Suite("A state with an invalid value")
struct MalformedStateTests {
  /// An invalid value that replaces a valid one.
  private static let wrongValues: [any Sendable] = [
    NSNull(), true, -1, 0, Int64.min, Int64.max, UInt64.max, 1.5, 1e300, "", "\u{1B}[2J", "a\nb",
    "\u{202E}txt", "../../etc/passwd", "/etc/passwd", "a/../b", "x y", "-oProxyCommand=x",
    "ZZ", "0000-00-00T00:00:00Z", "99999-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
    String(repeating: "a", count: 100_000), [Int](), [1, "a"] as [any Sendable],
    [String: Int](), ["a": ["b": 1]],
  ]

  /// Every value of a good state by its keys, and every key of a dictionary whose keys are data.
  private static func places(_ value: Any, _ path: [String] = []) -> [[String]] {
    switch value {
    case let object as [String: Any]:
      [path] + object.sorted { $0.key < $1.key }.flatMap { places($0.value, path + [$0.key]) }
    case let list as [Any]:
      [path] + list.enumerated().flatMap { places($0.element, path + [String($0.offset)]) }
    default: [path]
    }
  }

  private static func replacing(
    _ value: Any, at path: ArraySlice<String>, by change: (Any) -> Any
  ) -> Any {
    guard let key = path.first else { return change(value) }
    if var object = value as? [String: Any] {
      object[key] = object[key].map { replacing($0, at: path.dropFirst(), by: change) }
      return object
    }
    guard var list = value as? [Any], let index = Int(key) else { return value }
    list[index] = replacing(list[index], at: path.dropFirst(), by: change)
    return list
  }

  private func read(_ json: Any, in folder: TemporaryFolder) throws -> StateFileError? {
    try JSONSerialization.data(withJSONObject: json, options: .fragmentsAllowed)
      .write(to: URL(filePath: folder.state))
    do throws(StateFileError) {
      _ = try StateFile.read(folder.state, fleet: "shop")
      return nil
    } catch {
      return error
    }
  }

  /// Everything that a state may have, once.
  static func whole() throws -> Any {
    var state = TemporaryFolder.fleet(hosts: 2)
    let moment = Timestamp(secondsSince1970: 1_800_000_000)
    let leaf = CertificateRecord(
      serial: "0f", issuer: "Shop CA", issuerKeyIdentifier: "1e", commonName: "app-0",
      names: ["app-0", "shop.example"], key: "ecdsa-p256", notBefore: moment, notAfter: moment)
    state.caGenerations = [
      CAGeneration(
        generation: 1, commonName: "Shop CA", keyIdentifier: "1e", fingerprint: "2f",
        notBefore: moment, notAfter: moment, certificate: "PEM\n")
    ]
    state.revocations = [
      Revocation(
        serial: "0f", issuerKeyIdentifier: "1e", host: "app-0", revokedAt: moment,
        reason: .keyCompromise, notAfter: moment)
    ]
    state.recordIssued(
      [
        IssuanceRecord(
          host: "app-0", path: "tls/back-end.crt", certificate: leaf, issuedAt: moment)
      ], at: .earliest)
    var rotation = CertificateRotation(startedAt: moment)
    rotation.include(leaf, at: "tls/back-end.crt", of: "app-0")
    state.rotation = rotation
    state.begin(
      SiteMaintenance(
        site: "shop.example", since: moment, by: "ann@laptop", page: "<p>soon</p>",
        allowed: ["198.51.100.0/24"], retryAfter: 600))
    state.drain("app-0", HostDrain(since: moment, by: "ann@laptop"))
    state.expect("2f", fromSerial: 3, on: "app-0")
    state.hosts["app-0"]?.release.certificates["tls/back-end.crt"] = leaf
    state.hosts["app-0"]?.release.replaces = 6
    state.hosts["app-0"]?.release.facts = EdgeFacts(
      address: "198.18.0.21", trusts: ["1e"], refuses: ["0f"],
      openings: [.init(.tcp(443), from: .ranges(["198.18.0.0/24"]), why: "front-ends")],
      publications: [
        .init(
          containerHost: "198.18.0.21", port: 8443, host: "app-0.container", address: "10.8.0.5",
          target: 443,
          network: "10.8.0.0/24", from: ["198.18.0.10"], why: "front-ends")
      ],
      services: [.init(site: "shop.example", port: 443, frontEnds: ["edge-1"])],
      routes: [.init(site: "shop.example", host: "app-1", address: "198.18.0.22", port: 443)])
    return try JSONSerialization.jsonObject(with: JSONEncoder().encode(state))
  }

  @Test("is refused with the place of the value, or read, but never crashes the program")
  func everyValue() throws {
    let folder = try TemporaryFolder()
    let whole = try Self.whole()
    #expect(try read(whole, in: folder) == nil)
    var (refused, accepted) = (0, 0)
    for path in Self.places(whole) {
      for wrong in Self.wrongValues {
        let error = try read(Self.replacing(whole, at: path[...]) { _ in wrong }, in: folder)
        guard let error else {
          accepted += 1
          continue
        }
        refused += 1
        let said = error.explanation
        let place = path.prefix(2).joined(separator: ".")
        #expect(
          said.contains(place) || said.contains("not a valid state: it ") || path == ["fleet"]
            || path == ["version"], "\(path) = \("\(wrong)".prefix(80)): \(said)")
        #expect(
          !said.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E },
          "\(path): \(said)")
      }
    }
    print("malformed states: \(refused) refused, \(accepted) read")
    // Numbers in range, empty lists, and other words if any word is allowed can be read.
    #expect(refused > 10 * accepted)
  }

  @Test(
    "that would become a number, a path, a name or a key is refused there",
    arguments: [
      ("hosts.app-0.release.number", 0), ("hosts.app-0.release.number", 1_000_000_001),
      ("hosts.app-0.release.number", Int64.max), ("hosts.app-0.release.replaces", -1),
      ("hosts.app-0.address", "app.example"), ("hosts.app-0.appliedBy", "a\u{1B}b"),
      ("hosts.app-0.roles.0", "database"),
      ("hosts.app-0.appliedAt", "0001-01-01T00:00:00Z"), ("serial", -1), ("serial", Int64.max),
      ("caGenerations.0.generation", Int64.max), ("caGenerations.0.keyIdentifier", "1E"),
      ("hosts.app-0.release.facts.openings.0.port", 65_536),
      ("hosts.app-0.release.facts.openings.0.from.0", "198.18.0.1; drop"),
      ("hosts.app-0.release.facts.routes.0.host", "-x"),
      ("hosts.app-0.release.facts.services.0.site", "*"),
      ("hosts.app-0.release.files.nginx/deploy!conf.digest", "xyz"), ("lineage", "a b"),
      ("revocations.0.serial", ""), ("issued.0.host", "../x"), ("issued.0.path", "/etc/shadow"),
      ("issued.0.certificate.names.0", "a b"), ("rotation.startedAt", "yesterday"),
      ("drained.app-0.by", "a\u{1B}b"), ("drained.app-0.since", 1),
      ("maintenance.0.site", "*"), ("maintenance.0.allowed.0", "198.51.100.1/24"),
      ("maintenance.0.retryAfter", 0), ("maintenance.0.by", "a\u{1B}b"),
      ("maintenance.0.page", String(repeating: "x", count: 1 << 20 + 1)),
    ] as [(String, any Sendable)])
  func refused(_ place: String, _ value: any Sendable) throws {
    let folder = try TemporaryFolder()
    // A dot in a key is written as ! here.
    let path = place.split(separator: ".").map { String($0).replacing("!", with: ".") }
    let changed = Self.replacing(try Self.whole(), at: path[...]) { _ in value }
    let error = try #require(try read(changed, in: folder), "\(place) = \(value) was read")
    #expect(error.code == .malformed)
    let shown = place.replacing("!", with: ".")
    #expect(error.explanation.contains("not a valid state: \(shown): "), "\(error.explanation)")
  }

  @Test(
    "as a key of a dictionary is refused there",
    arguments: [
      ("hosts", "../app"), ("hosts", "App"), ("hosts", ""), ("hosts", "a\u{1B}[2Jb"),
      ("hosts.app-0.release.files", "../../etc/shadow"),
      ("hosts.app-0.release.files", "/etc/shadow"), ("hosts.app-0.release.files", "a//b"),
      ("hosts.app-0.release.files", "a\nb"), ("hosts.app-0.release.files", "a $(x)"),
      ("hosts.app-0.release.certificates", "tls/../../x"), ("rotation.replaces", "x/y"),
      ("manifests", "app_1"), ("drained", "../x"),
    ])
  func refusedKey(_ place: String, _ key: String) throws {
    let folder = try TemporaryFolder()
    let path = place.split(separator: ".").map(String.init)
    let changed = Self.replacing(try Self.whole(), at: path[...]) { value in
      guard var object = value as? [String: Any] else { return value }
      object[key] = object.first?.value
      return object
    }
    let error = try #require(try read(changed, in: folder), "\(place): \(key) was read")
    #expect(
      error.explanation.firstMatch(of: try Regex("\(place)\\..*: its key is not (a|the) ")) != nil,
      "\(error.explanation)")
    #expect(!error.explanation.unicodeScalars.contains { $0.value < 0x20 })
  }

  @Test("that is a duplicate CA generation or key is refused")
  func twice() throws {
    let folder = try TemporaryFolder()
    for (key, value) in [("generation", 2 as any Sendable), ("keyIdentifier", "ab")] {
      let changed = Self.replacing(try Self.whole(), at: ["caGenerations"]) { value in
        (value as? [Any] ?? []) + (value as? [Any] ?? [])
      }
      let other = Self.replacing(changed, at: ["caGenerations", "1", key]) { _ in value }
      let error = try #require(try read(other, in: folder))
      #expect(error.explanation.contains("it is there twice"), "\(error.explanation)")
    }
  }

  @Test("too many hosts and too deep a nesting are refused as well")
  func tooMuch() throws {
    let folder = try TemporaryFolder()
    // The hosts are counted before they are read: otherwise the first one would be refused.
    let many = Self.replacing(try Self.whole(), at: ["hosts"]) { _ in
      Dictionary(uniqueKeysWithValues: (0...100_000).map { ("h\($0)", [String: Int]()) })
    }
    #expect(
      try read(many, in: folder)?.explanation.contains("hosts: it has 100001 entries") == true)
    let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
    try Data("{\"version\":1,\"fleet\":\"shop\",\"hosts\":\(deep)}".utf8)
      .write(to: URL(filePath: folder.state))
    #expect(throws: StateFileError.self) { try StateFile.read(folder.state, fleet: "shop") }
  }

  @Test("of version 0.1.0 is read; its connection settings are dropped and no longer written")
  func olderFields() throws {
    let folder = try TemporaryFolder()
    let old = Self.replacing(try Self.whole(), at: ["hosts", "app-0"]) { value in
      guard var host = value as? [String: Any] else { return value }
      host["sshPort"] = 22
      host["sshUser"] = "root"
      host["sshBecomes"] = true
      host["sshIdentities"] = ["/home/ann/.ssh/id"]
      host["sshKnownHosts"] = "~/.ssh/known_hosts"
      host["sshOptions"] = [
        "jumps": ["bastion"], "config": "/tmp/evil", "transport": "openssh",
        "hostKeyChecking": "accept_new", "hostKeys": [], "given": [],
        "password": ["command", "touch", "/tmp/ran"],
      ]
      return host
    }
    #expect(try read(old, in: folder) == nil)
    var file = try StateFile.read(folder.state, fleet: "shop")
    try file.write(try #require(file.state))
    let text = try String(contentsOfFile: folder.state, encoding: .utf8)
    #expect(!text.contains("ssh") && !text.contains("/tmp/ran") && !text.contains("bastion"))
    #expect(text.contains("198.51.100.21"))
  }
}

@Suite("Numbers of a document")
struct JSONNumbersTests {
  @Test(
    "that do not fit into 64 bits are named with their place",
    arguments: [
      (#"{"a": 1, "b": [true, null, "1.5"], "c": -9223372036854775808}"#, nil),
      (#"{"a": {"b": [1, 1.5]}}"#, "1.5 is not a whole number in range"),
      (#"{"b": 9223372036854775808}"#, "b: 9223372036854775808 is not a whole number in range"),
      (#"{"z": 0.5, "a": 1e30}"#, "a: "),
      ("{", nil),
    ] as [(String, String?)])
  func place(_ text: String, _ expected: String?) {
    let mistake = JSONNumbers.mistake(in: Array(text.utf8)).map { "\($0)" }
    if let expected {
      #expect(mistake?.contains(expected) == true, "\(mistake ?? "none")")
    } else {
      #expect(mistake == nil)
    }
  }
}
