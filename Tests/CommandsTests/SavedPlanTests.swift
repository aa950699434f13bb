import Certificates
import Foundation
import Planning
import State
import Testing

@testable import Commands

@Suite("A saved plan")
struct SavedPlanTests {
  private let home: Home
  private var path: String { home.path + "/shop.plan" }

  init() throws { home = try Home() }

  private static let secret = "correct-horse-battery-staple"

  /// The sample, with a secret file of the controller in it.
  private static var saved: SavedPlan {
    var plan = SamplePlan.plan
    for step in plan.steps.indices {
      for file in plan.steps[step].files.indices {
        guard case .local(let path, _) = plan.steps[step].files[file].source else { continue }
        plan.steps[step].files[file].source = .local(
          path, FileRecord(digest: Digest.sha256(of: secret), isSecret: true))
      }
    }
    let host = HostObservation(
      clock: SamplePlan.now, nginxIsRunning: true, servedReleases: [2], fingerprint: "2:d")
    return SavedPlan(
      plan, authorities: SamplePlan.authorities,
      ["app-1": .observed(host), "app-3": .observed(host), "edge-3": .unreachable("refused")])
  }

  private static var state: FleetState {
    var state = FleetState(fleet: "shop", lineage: "l-1")
    state.serial = 4
    state.authorities = SamplePlan.authorities
    return state
  }

  private func write(_ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(filePath: path))
  }

  @Test("is read as it was written, and only its owner may read it")
  func roundTrip() throws {
    try Self.saved.write(to: path)
    #expect(try SavedPlan.read(path) == Self.saved)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: home.path) == ["shop.plan"])
    let json = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
    #expect((json as? [String: Any])?["version"] as? Int == 1)
  }

  @Test("holds no secret: a secret file is in it by path and digest")
  func secrets() throws {
    try Self.saved.write(to: path)
    let text = try String(contentsOfFile: path, encoding: .utf8)
    #expect(text.contains("certs/shop.key") && text.contains(Digest.sha256(of: Self.secret)))
    #expect(!text.contains(Self.secret) && !text.contains("PRIVATE KEY"))
  }

  @Test("with any byte changed it is refused", arguments: 0..<8 as Range<UInt64>)
  func damaged(_ seed: UInt64) throws {
    let whole = Array(try SavedPlanFormat.encode(Self.saved).utf8)
    var random = SplitMix(state: seed)
    let places = Array(0..<150) + (0..<100).map { _ in random.below(whole.count) }
    for place in places {
      var bytes = whole
      bytes[place] ^= UInt8(1 + random.below(255))
      let said = message { _ = try SavedPlanFormat.decode(bytes, path: path) }
      #expect(said.contains(path), "seed \(seed), byte \(place): \(said)")
    }
    for _ in 0..<50 {
      let length = random.below(whole.count)
      let said = message { _ = try SavedPlanFormat.decode(Array(whole[..<length]), path: path) }
      #expect(said.contains(path), "seed \(seed), \(length) bytes: \(said)")
    }
    #expect(try SavedPlanFormat.decode(whole, path: path) == Self.saved)
  }

  @Test("each file that is none says what is wrong with it")
  func wrongFiles() throws {
    #expect(message { _ = try SavedPlan.read(path) }.contains("No such file"))
    for text in ["", "{}", "{\"version\": 1, \"fleet\": \"shop\"}"] {
      try write(Array(text.utf8))
      #expect(message { _ = try SavedPlan.read(path) }.contains("is no plan"))
    }
    let whole = try SavedPlanFormat.encode(Self.saved)
    for edited in [
      whole.replacing("/srv/other", with: "/srv/evil"), whole + "\n", String(whole.dropLast()),
    ] {
      try write(Array(edited.utf8))
      #expect(message { _ = try SavedPlan.read(path) }.contains("damaged or edited"))
    }
    try write(Array(whole.replacing("\"version\":1,", with: "\"version\":2,").utf8))
    #expect(message { _ = try SavedPlan.read(path) }.contains("has version 2"))
    let content = "\"content\": {\"plan\": 1}}\n"
    let heading =
      "{\"format\":\"deploy-plan\",\"version\":1,\"sha256\":\"\(Digest.sha256(of: content))\","
    try write(Array("\(heading)\n\(content)".utf8))
    #expect(message { _ = try SavedPlan.read(path) }.contains("whole but no plan"))
  }

  private func refusal(_ change: (inout FleetState) -> Void) -> String {
    var state = Self.state
    change(&state)
    return message {
      try Self.saved.check(against: state, "shop.state.json", inventory: "shop.yml")
    }
  }

  @Test("is refused for another fleet, lineage, serial or authority, each by its name")
  func otherStates() throws {
    try Self.saved.check(against: Self.state, "shop.state.json", inventory: "shop.yml")
    #expect(refusal { $0.fleet = "blog" }.contains("is for the fleet shop, and shop.yml declares"))
    #expect(refusal { $0.lineage = "l-2" }.contains("another state of this fleet (lineage l-1)"))
    #expect(refusal { $0.serial = 5 }.contains("which is at serial 5 by now"))
    #expect(refusal { $0.serial = 3 }.contains("is older, at serial 3"))
    #expect(refusal { $0.serial = 0 }.contains("shop.state.json does not exist"))
    #expect(refusal { $0.authorities.removeLast() }.contains("the authority has changed"))
  }

  @Test("made before there is a state, it begins one, whatever its lineage")
  func firstState() throws {
    var saved = Self.saved
    saved.plan.serial = 0
    var state = Self.state
    (state.serial, state.lineage) = (0, "l-9")
    try saved.check(against: state, "shop.state.json", inventory: "shop.yml")
  }

  @Test("a secret file that has changed or gone is refused by its name")
  func changedSecrets() throws {
    try Self.saved.checkSecrets { path in
      #expect(path == "certs/shop.key")
      return Array(Self.secret.utf8)
    }
    let changed = message { try Self.saved.checkSecrets { _ in Array("other".utf8) } }
    #expect(changed.hasPrefix("certs/shop.key has changed since the plan was made"))
    let gone = message {
      try Self.saved.checkSecrets { _ in try Workspace.contents(of: home.path + "/gone.key") }
    }
    #expect(gone.contains("gone.key") && gone.contains("No such file"))
  }

  @Test("a host that has changed since is left out by name, the others stay")
  func changedHost() throws {
    let saved = Self.saved
    var now = HostObservation(
      clock: SamplePlan.now, nginxIsRunning: true, servedReleases: [2], fingerprint: "2:d")
    let same = saved.plan.leavingOut(
      changedSince: saved.conditions, now: ["app-1": .observed(now), "app-3": .unreachable("no")])
    #expect(same == saved.plan)
    now.driftedFiles = ["nginx/deploy.conf"]
    let plan = saved.plan.leavingOut(
      changedSince: saved.conditions, now: ["app-1": .observed(now)])
    let steps = plan.steps.filter { $0.host == "app-1" }
    #expect(steps.map(\.action) == [.blocked])
    #expect(
      steps[0].reasons == [
        "it has changed since the plan was made (nginx/deploy.conf is not as before): plan again"
      ])
    #expect(plan.stages.map(\.batches) == [[["app-2", "app-3"]], [["edge-1"]], [["app-4"]]])
    #expect(
      plan.steps.filter { $0.host != "app-1" } == saved.plan.steps.filter { $0.host != "app-1" })
  }

  @Test("what has changed on a host is said in words")
  func conditions() {
    let before = HostObservation(
      clock: SamplePlan.now, nginxIsRunning: true, servedReleases: [2],
      fingerprint: "2:d", includesRelease: true, firewall: .asInstalled)
    func change(_ alter: (inout HostObservation) -> Void) -> String? {
      var now = before
      alter(&now)
      return HostCondition(before).change(to: HostCondition(now))
    }
    #expect(change { $0.clock = $0.clock.adding(seconds: 60) } == nil)
    #expect(change { $0.fingerprint = "3:e" } == "it was at release 2 and is at release 3")
    #expect(change { $0.fingerprint = "none" } == "it was at release 2 and is at no release")
    #expect(change { $0.firewall = .changed } == "its loaded firewall is not as before")
    #expect(change { $0.nginxIsRunning = false } == "nginx runs there no more")
    #expect(change { $0.servedReleases = [1] } == "what its nginx serves is not as before")
    #expect(change { $0.includesRelease = false } == "what its nginx serves is not as before")
  }
}

/// SplitMix64, so that a failure can be had again by its seed.
private struct SplitMix {
  var state: UInt64

  mutating func below(_ limit: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((bits ^ (bits >> 31)) % UInt64(limit))
  }
}
