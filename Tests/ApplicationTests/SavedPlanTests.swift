import Certificates
import Files
import Fleet
import FleetFolders
import FleetLiterals
import Foundation
import Hashing
import Planning
import Playbooks
import State
import TestSupport
import Testing

@testable import Application

@Suite("A saved plan")
struct SavedPlanTests {
  private let home: Home
  private var path: String { home.path + "/shop.plan" }

  init() throws { home = try Home() }

  private static let saved = SavedPlan(approved: SamplePlan.approved())

  private static var state: FleetState {
    var state = FleetState(fleet: "shop", lineage: "l-1")
    state.serial = 4
    state.caGenerations = SamplePlan.caGenerations
    return state
  }

  private func write(_ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(filePath: path))
  }

  /// A file with this content and the digest that it should have.
  private func write(content: String) throws {
    let content = "\"content\": \(content)}\n"
    let heading =
      "{\"format\":\"deploy-plan\",\"version\":3,\"sha256\":\"\(Digest.sha256(of: "3\n" + content))\","
    try write(Array("\(heading)\n\(content)".utf8))
  }

  @Test("is read as it was written, and only its owner can read it")
  func roundTrip() throws {
    try Self.saved.write(to: path)
    #expect(try SavedPlan.read(path) == Self.saved)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: home.path) == ["shop.plan"])
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
    #expect((json as? [String: Any])?["version"] as? Int == 3)
  }

  private func stored(_ name: String) -> URL {
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases/\(name)")
  }

  @Test("from an earlier build is read, and written byte for byte the same")
  func stored() throws {
    #expect(
      try Golden.mismatch(SavedPlanFormat.encode(Self.saved), with: stored("shop.plan")) == nil)
    #expect(try SavedPlan.read(stored("shop.plan").path) == Self.saved)
  }

  @Test("of the previous format, with earlier names, is read")
  func earlierNames() throws {
    let read = try SavedPlan.read(stored("shop-2.plan").path)
    #expect(read.approved.caGenerations == Self.saved.approved.caGenerations)
    #expect(read.approved.hosts.keys == Self.saved.approved.hosts.keys)
  }

  @Test(
    "contains no secret, no text of a file, no command, no local path and no access data")
  func nothingToCarryOut() throws {
    try Self.saved.write(to: path)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains("tls/sites/shop.example.key"))
    #expect(text.contains(Digest.sha256(of: SamplePlan.siteText)))
    for word in [
      "PRIVATE KEY", "/srv/other", "certs/shop.key", "~/.ssh", "known_hosts", "identit", "root\"",
      "notify", "config",
    ] { #expect(!text.contains(word), "\(word)") }
  }

  @Test("with any byte changed is refused", arguments: 0..<8 as Range<UInt64>)
  func damaged(_ seed: UInt64) throws {
    let whole = Array(try SavedPlanFormat.encode(Self.saved).utf8)
    var random = SeededGenerator(seed: seed)
    let places =
      Array(0..<150) + (0..<100).map { _ in Int.random(in: 0..<whole.count, using: &random) }
    for place in places {
      var bytes = whole
      bytes[place] ^= UInt8(1 + Int.random(in: 0..<255, using: &random))
      let said = message { _ = try SavedPlanFormat.decode(bytes, path: path) }
      #expect(said.contains(path), "seed \(seed), byte \(place): \(said)")
    }
    for _ in 0..<50 {
      let length = Int.random(in: 0..<whole.count, using: &random)
      let said = message { _ = try SavedPlanFormat.decode(Array(whole[..<length]), path: path) }
      #expect(said.contains(path), "seed \(seed), \(length) bytes: \(said)")
    }
    #expect(try SavedPlanFormat.decode(whole, path: path) == Self.saved)
  }

  @Test("a file that is not a saved plan is refused with the reason")
  func wrongFiles() throws {
    #expect(message { _ = try SavedPlan.read(path) }.contains("No such file"))
    for text in ["", "{}", "{\"version\": 1, \"fleet\": \"shop\"}"] {
      try write(Array(text.utf8))
      #expect(message { _ = try SavedPlan.read(path) }.contains("is not a saved plan"))
    }
    let whole = try SavedPlanFormat.encode(Self.saved)
    for edited in [
      whole.replacing("0644 issued", with: "0644 kept"), whole + "\n", String(whole.dropLast()),
    ] {
      try write(Array(edited.utf8))
      #expect(message { _ = try SavedPlan.read(path) }.contains("damaged or edited"))
    }
    for (version, words) in [(1, "earlier version of deploy"), (4, "has version 4")] {
      try write(
        Array(whole.replacing("\"version\":3,", with: "\"version\":\(version),").utf8))
      #expect(message { _ = try SavedPlan.read(path) }.contains(words))
    }
  }

  @Test("with a valid digest and a wrong value is refused with the place of the value")
  func malformed() throws {
    let json = String(decoding: try JSONEncoder().encode(Self.saved.approved), as: UTF8.self)
    try write(content: json)
    #expect(try SavedPlan.read(path) == Self.saved)
    for (old, new, place) in [
      ("\"serial\":4", "\"serial\":9223372036854775807", "serial"),
      ("\"serial\":4", "\"serial\":-1", "serial"),
      ("\"fleet\":\"shop\"", "\"fleet\":\"\\u001b[2J\"", "fleet"),
      ("2026-01-01T00:00:00Z", "9999-99-99T00:00:00Z", "madeAt"),
      ("\"app-2\":{", "\"../app\":{", "hosts.../app"),
      ("\"playbook\":\"rolling\"", "\"playbook\":\"\\u202eg\"", "playbook"),
      ("\"hosts\":{", "\"hosts\":{\"app-9\":{\"steps\":7},", "hosts.app-9.steps"),
    ] {
      try #require(json.contains(old))
      try write(content: json.replacing(old, with: new))
      let said = message { _ = try SavedPlan.read(path) }
      #expect(said.contains("is not a valid plan: \(place):"), "\(said)")
      #expect(!said.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0x202E })
    }
  }

  private func refusal(
    now: Timestamp = SamplePlan.now, _ change: (inout FleetState) -> Void
  ) -> String {
    var state = Self.state
    change(&state)
    return message {
      try Self.saved.check(
        against: state, "shop.state.json", inventory: "shop.yml", now: now)
    }
  }

  @Test("is refused for another fleet, lineage, serial or CA, which the message names")
  func otherStates() throws {
    try Self.saved.check(
      against: Self.state, "shop.state.json", inventory: "shop.yml", now: SamplePlan.now)
    #expect(refusal { $0.fleet = "blog" }.contains("is for the fleet shop, and shop.yml declares"))
    #expect(refusal { $0.lineage = "l-2" }.contains("another state of this fleet (lineage l-1)"))
    #expect(refusal { $0.serial = 5 }.contains("which is now at serial 5"))
    #expect(refusal { $0.serial = 3 }.contains("is older, at serial 3"))
    #expect(refusal { $0.serial = 0 }.contains("shop.state.json does not exist"))
    #expect(refusal { $0.caGenerations.removeLast() }.contains("the CA has changed"))
  }

  @Test("is refused if its time is in the future, or before the last change of the state")
  func otherTimes() {
    let early = SamplePlan.now.adding(seconds: -301)
    #expect(refusal(now: early) { _ in }.contains("says that it was made at 2026-01-01T00:00:00Z"))
    let said = refusal {
      $0.hosts["app-1"] = HostRecord(
        address: "198.18.0.21", roles: [],
        release: ReleaseRecord(number: 1, files: [:], certificates: [:]),
        appliedAt: SamplePlan.now.adding(seconds: 301), appliedBy: "ann@laptop")
    }
    #expect(said.contains("before the last change in shop.state.json"), "\(said)")
  }

  @Test("made before there is a state is applied with any lineage")
  func firstState() throws {
    var saved = Self.saved
    saved.approved.serial = 0
    var state = Self.state
    (state.serial, state.lineage) = (0, "l-9")
    try saved.check(
      against: state, "shop.state.json", inventory: "shop.yml", now: SamplePlan.now)
  }
}

extension SamplePlan {
  /// What a plan is saved as; app-1 and app-3 could be asked.
  static func approved(
    _ plan: Plan = SamplePlan.plan, playbook: Playbook = .rolling,
    hosts: [HostName: HostObservation] = ["app-1": host, "app-3": host]
  ) -> ApprovedPlan {
    ApprovedPlan(
      plan, limit: nil, caGenerations: caGenerations, playbook: playbook,
      hosts.mapValues { .observed($0) }, digest: { Digest.sha256(of: $0) })
  }

  static let host = HostObservation(
    clock: now, nginxIsRunning: true, servedReleases: [2],
    fingerprint: .release(2, digest: String(repeating: "0d", count: 32)))
}
