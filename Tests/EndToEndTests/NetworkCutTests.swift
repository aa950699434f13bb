import Foundation
import Sandbox
import TestSupport
import Testing

@Suite(
  "A network cut at any byte leaves hosts whole and the summary true", .serialized,
  .requires(isRoot, "namespaces need root"))
struct NetworkCutTests {
  private static let backEnds = Dictionary(
    uniqueKeysWithValues: (1...12).map { ("app-\($0)", "198.18.0.\(20 + $0)") })
  private static let hosts = backEnds.keys.sorted()

  /// One of two states of the fleet that differ on every host, in what is served and what is let in.
  private static func inventory(_ number: Int) -> InventoryText {
    var inventory = InventoryText(root: number.isMultiple(of: 2) ? "/srv/shop" : "/srv/other")
    inventory.backEnds = backEnds
    inventory.firewall = "{policy: drop, allow: [{port: \(9100 + number % 2)}]}"
    return inventory
  }

  private static let playbook =
    "name: cuts\nrollout: {batch: 100%, max_failures: 100, confirm_within: 5s}\n"
  private static let oneByOne = "name: one\nrollout: {batch: 1}\n"

  @Test("after a cut anywhere in an apply, each host is old or new and reported as such")
  func cuts() async throws {
    var generator = SeededGenerator.announced()
    try await Scene.play(Self.inventory(0), alter: mixedSystems) { scene in
      try scene.write(Self.playbook, to: "cuts.yml")
      try scene.write(Self.oneByOne, to: "one.yml")
      try await scene.apply()
      let lengths = try await measure(scene)
      print("bytes: \(lengths)")
      var number = 1
      var tally = CutTally()
      let rounds = TestSetting.count(1, inSweep: 6)
      for round in 0..<rounds {
        number += 1
        let cuts = Self.cuts(.reset, round, of: rounds, lengths, &generator)
        try await carryOut(cuts, number, scene, &tally)
      }
      let cuts = Self.cuts(.silent, 0, of: 1, lengths, &generator)
      try await carryOut(cuts, number + 1, scene, &tally)
      print("cuts of the network: \(tally)")
      #expect(tally.count("confirmed") > 0 && tally.count("reverted") > 0, "\(tally)")
    }
  }

  /// Bytes sent when the host waited for the go signal, when it switched, and at the end.
  private struct Lengths: CustomStringConvertible {
    var prepared: Int
    var switching: Int
    var all: Int

    var description: String { "\(prepared) prepared, \(switching) switching, \(all) in all" }
  }

  private func measure(_ scene: Scene) async throws -> [NetworkCut.Direction: Lengths] {
    let last = try #require(Self.hosts.last)
    try scene.write(Self.inventory(1))
    try await scene.install(NetworkCut.meter, on: last)
    let run = try scene.watch("apply", "--yes", "--playbook", scene.folder + "/one.yml")
    // The others go first, one by one.
    for host in Self.hosts { try await run.expect("\(host): staged and validated") }
    let prepared = try await scene.bytes(on: last)
    try await run.expect("\(last): switching")
    let switching = try await scene.bytes(on: last)
    let output = try await run.command.wait()
    let said = try run.progress
    try #require(output.status == 0, "\(output.all)\(said)")
    let all = try await scene.bytes(on: last)
    try await scene.on(last, "nft delete table inet gauge")
    return try NetworkCut.Direction.allCases.reduce(into: [:]) { lengths, direction in
      lengths[direction] = Lengths(
        prepared: try #require(prepared[direction]), switching: try #require(switching[direction]),
        all: try #require(all[direction]))
    }
  }

  /// A cut for each host: half of them in either direction, spread over the connection that switches and
  /// the one that confirms, including the go signal and the answers to it.
  private static func cuts(
    _ manner: NetworkCut.Manner, _ round: Int, of rounds: Int,
    _ lengths: [NetworkCut.Direction: Lengths], _ generator: inout SeededGenerator
  ) -> [String: NetworkCut] {
    var cuts: [String: NetworkCut] = [:]
    for direction in NetworkCut.Direction.allCases {
      guard let length = lengths[direction] else { continue }
      func part(_ index: Int, of count: Int, _ range: Range<Int>) -> Int {
        let place = Double(index * rounds + round) + .random(in: 0..<1, using: &generator)
        return range.lowerBound + Int(place / Double(count * rounds) * Double(range.count))
      }
      let places =
        [0, 1].map { part($0, of: 2, 0..<length.prepared) }
        + [length.prepared + (round == 0 ? 0 : part(0, of: 1, -40..<80))]
        + [0, 1].map { part($0, of: 2, length.switching..<length.all) }
        + [length.all - Int.random(in: 1..<400, using: &generator)]
      for (index, bytes) in places.enumerated() {
        let host = hosts[cuts.count]
        cuts[host] = NetworkCut(
          direction: direction, manner: manner, bytes: bytes,
          isBothWays: index.isMultiple(of: 2) == round.isMultiple(of: 2),
          // Silence until the controller has given up takes all its deadlines, which add up.
          isLiftedAtRest: manner == .reset || index < 2 || index == 4)
      }
    }
    return cuts
  }

  private func carryOut(
    _ cuts: [String: NetworkCut], _ number: Int, _ scene: Scene, _ tally: inout CutTally
  ) async throws {
    let why = "round \(number)"
    try scene.write(Self.inventory(number))
    let before = try await scene.restingHosts(Self.hosts + ["edge-1"], "before \(why)")
    var lifting: [String: SandboxCommand] = [:]
    for (host, cut) in cuts { lifting[host] = try await scene.cut(host, cut) }
    let start = ContinuousClock.now
    let output = try await scene.boundedApply(scene.folder + "/cuts.yml")
    let length = ContinuousClock.now - start
    var isMade: [String: Bool] = [:]
    for (host, command) in lifting { isMade[host] = try await scene.liftCut(command, on: host) }
    let results = try await scene.expectTruth(of: output, since: before, "\(why), \(cuts)")
    let summary = try SummaryDocument(of: output)
    for (host, cut) in cuts.sorted(by: { $0.key < $1.key }) {
      let entry = try summary.entry(host)
      print("\(cut)\(isMade[host] == true ? "" : ", not made"): \(entry.result) \(entry.detail)")
      tally.count(cut, isMade[host] == true ? entry.result : "not made")
    }
    print("\(why) took \(length)")
    #expect(!["unreachable", "unconfirmed"].contains(results["edge-1"]), "\(why)\n\(output.all)")
    try await expectServed(scene, why)
    try await scene.succeed("apply", "--yes", "--playbook", scene.folder + "/cuts.yml")
    try await scene.expectNoChanges()
    let after = try await scene.restingHosts(Self.hosts, "after \(why)")
    #expect(Set(after.values.map(\.root)) == [Self.inventory(number).root], "\(why)")
    try await expectServed(scene, "after \(why)")
  }

  /// Every back-end answers what its release says.
  private func expectServed(_ scene: Scene, _ why: String) async throws {
    let hosts = try await scene.restingHosts(Self.hosts, why)
    let answers = try await scene.answers(of: Self.backEnds)
    #expect(
      answers == Dictionary(uniqueKeysWithValues: hosts.map { ($0, "\($1.root) \($0)") }), "\(why)")
  }
}

/// How many cuts ended how.
struct CutTally: CustomStringConvertible {
  private var counts: [String: Int] = [:]

  mutating func count(_ cut: NetworkCut, _ result: String) {
    counts["\(cut.manner) \(cut.direction): \(result)", default: 0] += 1
  }

  func count(_ result: String) -> Int {
    counts.filter { $0.key.hasSuffix(": \(result)") }.values.reduce(0, +)
  }

  var description: String {
    counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: "; ")
  }
}
