import Fleet
import Inventories
import Planning
import State
import TestSupport
import Testing

@Suite("Any plan")
struct PlanPropertyTests {
  /// A random inventory with a few hosts and sites.
  private func text(_ random: inout SeededGenerator) -> String {
    func chance() -> Bool { Bool.random(using: &random) }
    func some(_ names: [String]) -> [String] {
      let chosen = names.filter { _ in chance() }
      return chosen.isEmpty ? [names[Int.random(in: 0..<names.count, using: &random)]] : chosen
    }
    let frontEnds = some(["both-1", "edge-1", "edge-2", "edge-3"])
    let backEnds = some(["app-1", "app-2", "both-1"])
    let addresses = [
      "both-1": "198.18.0.1", "edge-1": "198.18.0.2", "edge-2": "198.18.0.3",
      "edge-3": "198.18.0.4", "app-1": "198.18.0.5", "app-2": "198.18.0.6",
    ]
    // A host with both roles has the same addresses and labels in both.
    let isDual = Set(addresses.keys.sorted().filter { _ in chance() })
    let labels = Dictionary(
      uniqueKeysWithValues: addresses.keys.sorted().map { ($0, chance() ? "one" : "two") })
    func hosts(_ names: [String]) -> String {
      let hosts = names.map { name in
        let address = addresses[name] ?? ""
        let number = address.split(separator: ".").last ?? ""
        let all = isDual.contains(name) ? "[\(address), \"2001:db8::\(number)\"]" : address
        return "\(name): {address: \(all), addresses: {private: 10.0.0.\(number)},"
          + " labels: {group: \(labels[name] ?? "")}}"
      }
      return "{" + hosts.joined(separator: ", ") + "}"
    }
    func pattern(_ names: [String]) -> String {
      "{match: group=\(labels[names.randomElement(using: &random) ?? ""] ?? "")}"
    }
    let sites = some(["a.example", "b.example", "c.example"]).map { domain in
      let named = some(backEnds).map { "{host: \($0), port: 8443}" }.joined(separator: ", ")
      let served =
        chance() ? named : chance() ? pattern(backEnds) : "\(named), \(pattern(backEnds))"
      let publishers = chance() ? some(frontEnds).joined(separator: ", ") : pattern(frontEnds)
      return """
          \(domain):
            aliases: [\(chance() ? "www.\(domain)" : "")]
            front_ends: [\(publishers)]
            back_ends: [\(served)]
            certificate: {ca: true}
            back_end: {port: 8443, root: /srv/\(chance() ? "one" : "two")}
            network: \(chance() ? "public" : "private")
        """
    }
    return """
      fleet: shop
      ca:
        name: Shop CA
        passphrase: {env: X}
        certificates: {key: \(chance() ? "ecdsa-p256" : "ed25519")}
      front_ends: \(hosts(frontEnds))
      back_ends: \(hosts(backEnds))
      sites:
      \(sites.joined(separator: "\n"))
      firewall: {policy: \(chance() ? "drop" : "sites")}
      """
  }

  private func inventory(_ random: inout SeededGenerator) throws -> Inventory {
    let text = text(&random)
    let (inventory, diagnostics) = Scenario.inventory(text)
    return try #require(inventory, "\(text)\n\(diagnostics)")
  }

  @Test(
    "leaves no changes after it is carried out, from any inventory to any other",
    arguments: 0..<UInt64(TestSetting.count(50, inSweep: 2000)))
  func appliedIsUnchanged(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var scenario = Scenario()
    for _ in 0..<3 {
      let inventory = try inventory(&random)
      scenario.askHosts(of: inventory)
      scenario.maintain(
        inventory.sites.map(\.domain).filter { _ in Bool.random(using: &random) })
      scenario.drain(inventory.hosts.map(\.name).filter { _ in Bool.random(using: &random) })
      let plan = scenario.plan(inventory)
      #expect(plan == scenario.plan(inventory))
      #expect(!plan.hosts.contains { $0.hold != nil })
      scenario.apply(plan)
      let again = scenario.plan(inventory)
      #expect(!again.hasChanges, "\(PlanText().text(plan))\nagain:\n\(PlanText().text(again))")
      #expect(again.hosts.map(\.host) == inventory.hosts.map(\.name))
      #expect(again.stages.isEmpty)
    }
  }

  @Test(
    "of a renewal changes certificates alone, also if the inventory has changed",
    arguments: 0..<UInt64(TestSetting.count(30, inSweep: 2000)))
  func renewal(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var scenario = Scenario()
    let before = try inventory(&random)
    scenario.askHosts(of: before)
    scenario.apply(scenario.plan(before))
    let after = try inventory(&random)
    scenario.askHosts(of: after)
    scenario.now = scenario.now.adding(seconds: .random(in: 0...360, using: &random) * 86_400)
    scenario.isLimitedToRenewals = true
    let plan = scenario.plan(after)
    #expect(plan.steps.flatMap(\.changes).allSatisfy { $0.path.hasPrefix("tls/") })
    for step in plan.steps {
      let present = scenario.state.hosts[step.host]?.release.facts
      #expect(step.facts.services == present?.services && step.facts.routes == present?.routes)
      #expect(step.facts.openings == present?.openings)
    }
    scenario.apply(plan)
    #expect(!scenario.plan(after).changesHosts)
    scenario.isLimitedToRenewals = false
    scenario.apply(scenario.plan(after))
    #expect(!scenario.plan(after).hasChanges)
  }

  @Test(
    "has every changing host once, and a reason for every change",
    arguments: 0..<UInt64(TestSetting.count(30, inSweep: 2000)))
  func stages(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var scenario = Scenario()
    for _ in 0..<2 {
      let inventory = try inventory(&random)
      scenario.askHosts(of: inventory)
      let plan = scenario.plan(inventory)
      #expect(
        plan.stages.flatMap(\.batches).flatMap { $0 }.sorted()
          == plan.steps.map(\.host))
      #expect(plan.steps.allSatisfy { !$0.reasons.isEmpty })
      scenario.apply(plan)
    }
  }
}
