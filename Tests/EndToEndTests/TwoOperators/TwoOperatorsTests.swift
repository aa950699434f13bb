import Foundation
import TestSupport
import Testing

/// `DEPLOY_TWINS` is the number of sequences; `DEPLOY_SEED` is the seed of the first one, and each that
/// follows has the next number. Without them the seeds are those that found a fault in version 0.1.0.
@Suite(
  "Two operators, each with their own folder, keep one fleet whole", .serialized,
  .requires(isRoot, "namespaces need root"))
struct TwoOperatorsTests {
  private static let seeds: [UInt64] = {
    guard let count = TestSetting.number("DEPLOY_TWINS", as: Int.self) else { return known }
    let first = TestSetting.number("DEPLOY_SEED", as: UInt64.self) ?? .random(in: 0..<1 << 40)
    return (0..<count).map { first &+ UInt64($0) }
  }()

  /// A CA folder made again; an old copy of the state; a host that edits its manifest; the certificate
  /// before the one that is revoked.
  private static let known: [UInt64] = [1491, 1, 31018, 1509]

  @Test("random sequences fail no request, and weaken nothing that the fleet refuses")
  func sequences() async throws {
    var tally = TwinTally()
    for seed in Self.seeds {
      print("DEPLOY_SEED=\(seed) DEPLOY_TWINS=1 repeats this sequence")
      try await TwinFleet.play { fleet in
        var sequence = TwinSequence(fleet, seed: seed)
        try await sequence.play()
        try await fleet.visitors.end()
        tally.add(sequence, seed: seed)
        #expect(
          sequence.faults.isEmpty,
          "seed \(seed): \(sequence.faults.joined(separator: "\n"))\n\(sequence.story.joined(separator: "\n"))"
        )
      }
    }
    print(tally)
  }
}

extension TwinTally {
  mutating func add(_ sequence: TwinSequence, seed: UInt64) {
    sequences += 1
    operations.merge(sequence.tally.operations, uniquingKeysWith: +)
    kills += sequence.tally.kills
    interrupts += sequence.tally.interrupts
    requests.merge(sequence.tally.requests, uniquingKeysWith: +)
    stops.merge(sequence.tally.stops, uniquingKeysWith: +)
    if !sequence.faults.isEmpty { faults.append((seed, sequence.faults)) }
  }
}
