import Fleet
import Foundation
import Inventories
import Planning
import State
import TestSupport
import Testing

/// The numbers of what was checked.
struct Tally {
  var pairs = 0
  var plans = 0
  var stages = 0
  var interleavings = 0
  var sampled = 0
  var edges = 0
  /// Hosts that could not be changed without a moment in which requests reach the wrong service.
  var refused = 0
}

@Suite("A plan, in any order that its barriers allow")
struct InterleavingTests {
  /// In eight parts; `DEPLOY_PAIRS=10000` judges as many.
  private static let pairsOfOneTest =
    UInt64(TestSetting.number("DEPLOY_PAIRS") ?? TestSetting.count(120, inSweep: 10_000)) / 8

  @Test(
    "breaks no working edge at any instant, and ends with exactly the new fleet",
    arguments: 0..<8 as Range<UInt64>)
  func everyInterleaving(_ part: UInt64) async throws {
    var tally = Tally()
    let seeds = part * Self.pairsOfOneTest..<(part + 1) * Self.pairsOfOneTest
    for seed in seeds {
      // Tests with servers share these threads, and have time limits.
      await Task.yield()
      let pair = FleetPair(seed: seed)
      if let failure = try Self.failure(of: pair, &tally) {
        try Self.report(pair, failure, seed: seed) { try Self.failure(of: $0, &tally) }
        return
      }
    }
    print(
      "interleavings: seeds \(seeds), \(tally.pairs) pairs of fleets, \(tally.stages) stages,"
        + " \(tally.interleavings) instants (\(tally.sampled) stages sampled),"
        + " \(tally.edges) edges judged, \(tally.refused) port takeovers refused")
  }

  @Test("continues as safely if the previous run was interrupted at any instant")
  func cutOff() async throws {
    var tally = Tally()
    for seed in 5000..<UInt64(5000 + TestSetting.count(30, inSweep: 2000)) {
      await Task.yield()
      let pair = FleetPair(seed: seed)
      if let failure = try Self.failure(of: pair, &tally, cutOffBy: seed) {
        try Self.report(pair, failure, seed: seed) {
          try Self.failure(of: $0, &tally, cutOffBy: seed)
        }
        return
      }
    }
    print(
      "interleavings behind a cut: \(tally.interleavings) instants, \(tally.edges) edges judged")
  }

  @Test("is rejected by the same judge if its order is wrong", arguments: PlantedFault.allCases)
  func plantedFaults(_ fault: PlantedFault) async throws {
    var tally = Tally()
    for seed in 0..<200 as Range<UInt64> {
      await Task.yield()
      if try Self.failure(of: FleetPair(seed: seed), &tally, planting: fault) != nil { return }
    }
    Issue.record("\(fault) was not found in 200 pairs")
  }

  /// Shrinks a pair that fails, and reports the smallest one.
  static func report(
    _ pair: FleetPair, _ failure: String, seed: UInt64, check: (FleetPair) throws -> String?
  ) throws {
    var (smallest, why) = (pair, failure)
    var hasShrunk = true
    while hasShrunk {
      hasShrunk = false
      for candidate in smallest.smaller {
        guard let failure = try check(candidate) else { continue }
        (smallest, why, hasShrunk) = (candidate, failure, true)
        break
      }
    }
    Issue.record("seed \(seed): \(why)\n\(smallest)")
  }

  // MARK: - The judge

  private static func failure(
    of pair: FleetPair, _ tally: inout Tally, planting fault: PlantedFault? = nil,
    cutOffBy seed: UInt64? = nil
  ) throws -> String? {
    var scenario = Scenario()
    let before = try pair.before.inventory()
    scenario.askHosts(of: before)
    tellAddresses(&scenario)
    scenario.drain(pair.drained.before)
    scenario.maintain(pair.maintained.before)
    scenario.apply(scenario.plan(before))
    scenario.drain(pair.drained.after)
    scenario.maintain(pair.maintained.after)
    if let revoked = pair.revoked {
      scenario.revoke(revoked.host)
      if revoked.isBefore { scenario.apply(scenario.plan(before)) }
    }
    switch pair.ca {
    case .stays: break
    case .joined: scenario.state.caGenerations.append(Scenario.ca(2))
    case .rotated:
      scenario.state.caGenerations[0].status = .retiring
      scenario.state.caGenerations.append(Scenario.ca(2))
    }
    let after = try pair.after.inventory()
    scenario.askHosts(of: after)
    tellAddresses(&scenario)
    var plan = scenario.forging(pair.forged, from: before, to: after).plan(after)
    if let fault { fault.plant(in: &plan) }
    if let seed {
      cut(plan, in: &scenario, seed)
      plan = scenario.plan(after)
    }
    tally.pairs += 1
    return judge(plan, scenario, after, &tally)
  }

  /// Machines that move have both addresses during the change.
  static func tellAddresses(_ scenario: inout Scenario) {
    for (name, result) in scenario.survey {
      guard case .observed(var host) = result else { continue }
      host.surroundings.addresses = FleetSpec.addresses(of: name.text)
      scenario.survey[name] = .observed(host)
    }
  }

  /// Carries out a part of a plan: some stages, and some hosts of the next.
  private static func cut(_ plan: Plan, in scenario: inout Scenario, _ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var rest = Dictionary(grouping: plan.steps, by: \.host)
    let whole = Int.random(in: 0...plan.stages.count, using: &random)
    for (position, stage) in plan.stages.prefix(whole + 1).enumerated() {
      for host in stage.batches.flatMap(\.self) {
        guard position < whole || Bool.random(using: &random), let step = rest[host]?.first else {
          continue
        }
        rest[host]?.removeFirst()
        scenario.apply(step)
      }
    }
  }

  static func judge(
    _ plan: Plan, _ start: Scenario, _ inventory: Inventory, _ tally: inout Tally
  ) -> String? {
    let blocked = plan.hosts.compactMap { host in host.hold.map { (host.host, $0.reasons) } }
    guard blocked.isEmpty else {
      // Other hosts wait for it, which LostHostTests judge.
      tally.refused += blocked.count
      return blocked.first { !$1[0].contains(" leads to ") }.map { "\($0) is blocked: \($1)" }
    }
    if let failure = plan.misplacedRevokedHost { return failure }
    var scenario = start
    let first = fleet(scenario).edges(machines: FleetSpec.machines)
      .filter { !plan.isGivenUp($0.key) }
    let works = Set(first.filter { $0.value == nil }.keys)
    let broken = first.values.compactMap(\.self)
    let wanted = Set(
      inventory.sites.flatMap { site in
        site.frontEnds.flatMap { frontEnd in
          site.upstreams.filter { start.state.drained[$0.host] == nil }.map {
            RenderedFleet.Edge(
              site: site.domain.text, frontEnd: frontEnd.text, backEnd: $0.host.text)
          }
        }
      })
    let kept = works.intersection(wanted).filter { !plan.isGivenUp($0) }
    var rest = Dictionary(grouping: plan.steps, by: \.host)
    var hosts = fleet(scenario)
    for stage in plan.stages {
      tally.stages += 1
      let steps = stage.batches.flatMap(\.self).compactMap { rest[$0]?.first }
      for step in steps {
        rest[step.host]?.removeFirst()
        scenario.apply(step)
      }
      let after = fleet(scenario, of: steps.map(\.host))
      for done in subsets(of: steps.map(\.host.text), &tally) {
        var instant = hosts
        for host in done { instant.hosts[host] = after.hosts[host] }
        tally.interleavings += 1
        let edges = instant.edges(machines: FleetSpec.machines)
        tally.edges += edges.count
        for (name, host) in instant.hosts where !host.exposedPorts.isEmpty {
          return "\(host.exposedPorts) of \(name) are open to everybody in stage \(stage.name)"
            + " behind \(done)"
        }
        for edge in kept where edges[edge] == nil {
          return "\(edge) is not routed in stage \(stage.name) behind \(done)"
        }
        for (edge, failure) in edges where !plan.isGivenUp(edge) {
          if first[edge] == nil, start.drains(edge.backEnd) {
            return "\(edge) is routed although it is drained, in stage \(stage.name)"
          }
          guard let failure else { continue }
          let isNew = first[edge] == nil && !broken.contains { $0.isSame(as: failure) }
          if works.contains(edge) || isNew {
            return "\(edge): \(failure) in stage \(stage.name) behind \(done)"
          }
        }
      }
      hosts.hosts.merge(after.hosts) { $1 }
    }
    let last = hosts.edges(machines: FleetSpec.machines)
    if Set(last.keys) != wanted { return "at the end other edges are routed than are declared" }
    if let broken = last.first(where: { $0.value != nil }) {
      return "at the end \(broken.key): \(broken.value.map(\.description) ?? "")"
    }
    return remains(of: scenario, inventory)
  }

  /// The remains of the old fleet: the fleet may differ from a new one only in the numbers of releases.
  private static func remains(of scenario: Scenario, _ inventory: Inventory) -> String? {
    var fresh = Scenario()
    fresh.state.caGenerations = scenario.state.caGenerations
    fresh.state.revocations = scenario.state.revocations
    fresh.state.drained = scenario.state.drained
    fresh.state.maintenance = scenario.state.maintenance
    fresh.askHosts(of: inventory)
    tellAddresses(&fresh)
    fresh.apply(fresh.plan(inventory))
    for (name, result) in scenario.survey {
      guard case .observed(let host) = result else { continue }
      guard case .observed(let expected) = fresh.survey[name] else {
        if host.manifest != nil { return "\(name) has left and still has a release" }
        continue
      }
      func texts(_ host: HostObservation) -> [String: String] {
        host.texts.filter { $0.key != "nginx/release.conf" }
      }
      if texts(host) != texts(expected) { return "\(name) is not as if it had never been other" }
      let names = host.manifest?.release.certificates.mapValues(\.names)
      if names != expected.manifest?.release.certificates.mapValues(\.names) {
        return "\(name) has other certificates than a new host"
      }
    }
    return scenario.plan(inventory).hasChanges ? "a second plan has changes" : nil
  }

  static func fleet(_ scenario: Scenario, of names: [HostName]? = nil) -> RenderedFleet {
    var fleet = RenderedFleet()
    for name in names ?? Array(scenario.survey.keys) {
      guard case .observed(let host) = scenario.survey[name] else { continue }
      fleet.hosts[name.text] = RenderedHost(host)
    }
    return fleet
  }

  /// The sets of a stage's hosts that may be done at one instant: all subsets, or 64 if there are more.
  private static func subsets(of hosts: [String], _ tally: inout Tally) -> [[String]] {
    guard hosts.count <= 6 else {
      tally.sampled += 1
      var random = SeededGenerator(seed: UInt64(hosts.count))
      return (0..<64).map { _ in hosts.filter { _ in Bool.random(using: &random) } }
    }
    return (0..<(1 << hosts.count)).map { bits in
      hosts.enumerated().filter { bits >> $0.offset & 1 == 1 }.map(\.element)
    }
  }
}

extension Scenario {
  fileprivate func drains(_ host: String) -> Bool {
    HostName(host).map { state.drained[$0] != nil } ?? false
  }
}
