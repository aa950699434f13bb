import Inventories
import Planning
import State

/// A change from one fleet to another, and what the authority does meanwhile.
struct FleetPair: CustomStringConvertible {
  enum Authority: CaseIterable { case stays, joined, rotated }

  var before: FleetSpec
  var after: FleetSpec
  var authority: Authority
  /// A host whose certificates are revoked before the change, or with it.
  var revoked: (host: String, isBefore: Bool)?
  /// A host whose manifest is not what was installed there.
  var forged: String?

  init(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    before = FleetSpec(&random)
    after = FleetSpec(&random)
    // Most changes are small.
    if Bool.random(using: &random) {
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        after = before.smaller.randomElement(using: &random) ?? before
      }
      if Bool.random(using: &random) { swap(&before, &after) }
    }
    authority = [.stays, .stays, .joined, .rotated].randomElement(using: &random) ?? .stays
    if Int.random(in: 0..<3, using: &random) == 0 {
      revoked = (
        FleetSpec.names.randomElement(using: &random) ?? "", Bool.random(using: &random)
      )
    }
    if Int.random(in: 0..<4, using: &random) == 0 {
      forged = FleetSpec.names.randomElement(using: &random)
    }
  }

  var description: String {
    "before:\n\(before)\nafter (authority \(authority), revoked \(revoked?.host ?? "nobody"), forged"
      + " \(forged ?? "none")):\n\(after)"
  }

  var smaller: [FleetPair] {
    func with(_ change: (inout FleetPair) -> Void) -> FleetPair {
      var pair = self
      change(&pair)
      return pair
    }
    return before.smaller.map { spec in with { $0.before = spec } }
      + after.smaller.map { spec in with { $0.after = spec } }
      + (authority == .stays ? [] : [with { $0.authority = .stays }])
      + (revoked == nil ? [] : [with { $0.revoked = nil }])
      + (forged == nil ? [] : [with { $0.forged = nil }])
  }
}

extension Scenario {
  /// The same where a host shows a manifest that its controller did not sign.
  func forging(_ host: String?) -> Scenario {
    guard let host, case .observed(var observation) = survey[host],
      let manifest = observation.manifest
    else { return self }
    observation.shownManifest = ShownManifest(
      manifest: manifest, digest: "0", signature: .invalid)
    (observation.manifest, observation.manifestProblem) = (
      nil, .drift("was changed after it was signed")
    )
    var scenario = self
    scenario.survey[host] = .observed(observation)
    return scenario
  }
}
