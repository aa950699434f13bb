import Fleet
import FleetLiterals
import Inventories
import Planning
import State
import TestSupport

/// A change from one fleet to another, possibly with a CA rotation or a revocation.
struct FleetPair: CustomStringConvertible {
  enum CA: CaseIterable { case stays, joined, rotated }

  var before: FleetSpec
  var after: FleetSpec
  var ca: CA
  /// A host whose certificates are revoked before the change, or with it.
  var revoked: (host: HostName, isBefore: Bool)?
  /// A host whose manifest was altered, and which the state may not know.
  var forged: (host: HostName, isForgotten: Bool)?
  /// The hosts that are drained before the change, and those that are after it.
  var drained: (before: [HostName], after: [HostName]) = ([], [])
  /// The sites that are in maintenance before the change, and those that are after it.
  var maintained: (before: [DomainName], after: [DomainName]) = ([], [])

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
    ca = [.stays, .stays, .joined, .rotated].randomElement(using: &random) ?? .stays
    if Int.random(in: 0..<3, using: &random) == 0 {
      revoked = (
        FleetSpec.hostNames.randomElement(using: &random) ?? "app-1", Bool.random(using: &random)
      )
    }
    if Int.random(in: 0..<4, using: &random) == 0 {
      forged = (
        FleetSpec.hostNames.randomElement(using: &random) ?? "app-1", Bool.random(using: &random)
      )
    }
    func some() -> [HostName] {
      FleetSpec.hostNames.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
    }
    if Bool.random(using: &random) { drained = (some(), some()) }
    func sites() -> [DomainName] {
      ["a.example", "b.example"].filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
    }
    if Bool.random(using: &random) { maintained = (sites(), sites()) }
  }

  var description: String {
    "before:\n\(before)\nafter (CA \(ca), revoked \(revoked?.host.text ?? "none"), forged"
      + " \(forged.map { "\($0)" } ?? "none"), drained \(drained.before) and then"
      + " \(drained.after), in maintenance \(maintained.before) and then"
      + " \(maintained.after)):\n\(after)"
  }

  var smaller: [FleetPair] {
    func with(_ change: (inout FleetPair) -> Void) -> FleetPair {
      var pair = self
      change(&pair)
      return pair
    }
    return before.smaller.map { spec in with { $0.before = spec } }
      + after.smaller.map { spec in with { $0.after = spec } }
      + (ca == .stays ? [] : [with { $0.ca = .stays }])
      + (revoked == nil ? [] : [with { $0.revoked = nil }])
      + (forged == nil ? [] : [with { $0.forged = nil }])
      + (maintained.before.isEmpty ? [] : [with { $0.maintained.before = [] }])
      + (maintained.after.isEmpty ? [] : [with { $0.maintained.after = [] }])
      + drained.before.map { host in with { $0.drained.before.removeAll { $0 == host } } }
      + drained.after.map { host in with { $0.drained.after.removeAll { $0 == host } } }
  }
}

extension Scenario {
  /// Drains exactly these hosts, and the containers behind them.
  mutating func drain(_ hosts: [HostName]) {
    let containers = hosts.compactMap { HostName("\($0).container") }
    state.drained = Dictionary(
      uniqueKeysWithValues: (hosts + containers).map {
        ($0, HostDrain(since: now, by: "ann@laptop", isForced: true))
      })
  }

  /// Puts exactly these sites into maintenance.
  mutating func maintain(_ sites: [DomainName]) {
    state.maintenance = sites.map {
      SiteMaintenance(
        site: $0, since: now, by: "ann@laptop", page: nil, allowed: [], retryAfter: 600)
    }
  }

  /// The same with a host whose manifest the controller did not sign.
  ///
  /// A host that the state has forgotten must be in the inventory. No name that only a host reports is
  /// signed, so a site that the host no longer serves ends with its next certificate.
  func forging(
    _ forged: (host: HostName, isForgotten: Bool)?, from before: Inventory, to after: Inventory
  ) -> Scenario {
    func served(_ inventory: Inventory, by host: HostName) -> Set<String> {
      Set(
        inventory.sites.filter { $0.upstreams.contains { $0.host == host } }
          .map(\.domain.text))
    }
    guard let (host, isForgotten) = forged, case .observed(var observation) = survey[host],
      let manifest = observation.manifest
    else { return self }
    observation.shownManifest = ShownManifest(
      manifest: manifest, digest: "0", signature: .invalid)
    (observation.manifest, observation.manifestProblem) = (
      nil, .drift("was changed after it was signed")
    )
    var scenario = self
    scenario.survey[host] = .observed(observation)
    if isForgotten, after.hosts.contains(where: { $0.name == host }),
      served(before, by: host).isSubset(of: served(after, by: host))
    {
      scenario.state.hosts[host] = nil
    }
    return scenario
  }
}
