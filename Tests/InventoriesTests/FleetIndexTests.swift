import Diagnostics
import Fleet
import Inventories
import TestSupport
import Testing

@Suite("The hosts and sites of an inventory")
struct FleetIndexTests {
  /// Random sites of few hosts, some of which ask their visitors for certificates.
  private func inventory(_ random: inout SeededGenerator) throws -> Inventory {
    func some(_ names: [String]) -> String {
      let chosen = names.filter { _ in Bool.random(using: &random) }
      return (chosen.isEmpty ? [names[0]] : chosen).joined(separator: ", ")
    }
    let sites = (0..<Int.random(in: 1...8, using: &random)).map { number in
      let asks = Int.random(in: 0..<4, using: &random) == 0
      return """
          site-\(number).example:
            front_ends: [\(some(["edge-1", "edge-2", "edge-3"]))]
            back_ends: [\(some(["app-1", "app-2", "app-3"])), {host: app-1, port: 9443}]
            certificate: {ca: true}
            back_end: {root: /srv}\(asks ? "\n    origin_pulls: pulls.pem" : "")
        """
    }
    let text = """
      fleet: shop
      ca: {name: Shop CA, passphrase: {env: X}}
      front_ends: {edge-1: {address: 198.18.0.1}, edge-2: {address: 198.18.0.2}, edge-3: {address: 198.18.0.3}}
      back_ends: {app-1: {address: 198.18.0.4}, app-2: {address: 198.18.0.5}, app-3: {address: 198.18.0.6}}
      sites:
      \(sites.joined(separator: "\n"))
      """
    let (inventory, found) = Inventory.read(SourceText(file: "shop.yml", text: text))
    return try #require(inventory, "\(text)\n\(found)")
  }

  private func compare(_ inventory: Inventory) {
    for host in inventory.hosts {
      let name = host.name
      #expect(inventory.host(named: name) == host)
      #expect(
        Array(inventory.sites(publishedBy: name))
          == inventory.sites.filter { $0.frontEnds.contains(name) })
      #expect(
        Array(inventory.sites(servedBy: name))
          == inventory.sites.filter { $0.upstreams.contains { $0.host == name } })
      #expect(
        inventory.asksVisitors(on: name)
          == inventory.sites.contains { $0.originPulls != nil && $0.frontEnds.contains(name) })
    }
    #expect(HostName("app-9").map(inventory.host(named:)) == .some(nil))
  }

  @Test(
    "are found by host, as a search of all of them finds them", arguments: 0..<40 as Range<UInt64>)
  func lookups(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let inventory = try inventory(&random)
    compare(inventory)
    compare(
      inventory.changingSites { site in
        site.upstreams.removeAll { $0.host.text == "app-2" }
        if site.originPulls != nil { site.originPulls = nil }
      })
  }
}
