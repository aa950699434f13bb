import Inventories
import Testing

/// A small fleet by chance, which can be made smaller while a test still fails on it.
struct FleetSpec: Hashable, CustomStringConvertible {
  struct Site: Hashable {
    var frontEnds: [String]
    /// Ports by host.
    var backEnds: [String: Int]
    var root: String
  }

  static let names = ["app-1", "app-2", "both-1", "edge-1", "edge-2"]

  /// 0 or 1: where each host is reached.
  var places: [String: Int]
  var sites: [String: Site]
  var guardsAll: Bool
  var leafKey: String

  init(_ random: inout SeededGenerator) {
    func some(_ names: [String]) -> [String] {
      let chosen = names.filter { _ in Bool.random(using: &random) }
      return chosen.isEmpty ? [names.randomElement(using: &random) ?? ""] : chosen
    }
    places = Dictionary(
      uniqueKeysWithValues: Self.names.map {
        ($0, Int.random(in: 0..<8, using: &random) == 0 ? 1 : 0)
      })
    sites = [:]
    for domain in some(["a.example", "b.example", "c.example"]) {
      let frontEnds = some(["both-1", "edge-1", "edge-2"])
      // Roles change too: at times a front-end serves.
      let candidates =
        ["app-1", "app-2", "both-1"] + (Bool.random(using: &random) ? ["edge-2"] : [])
      var backEnds: [String: Int] = [:]
      for host in some(candidates) {
        backEnds[host] = [8443, 9443].randomElement(using: &random)
      }
      sites[domain] = Site(
        frontEnds: frontEnds, backEnds: backEnds,
        root: ["/srv/one", "/srv/two"].randomElement(using: &random) ?? "")
    }
    guardsAll = Int.random(in: 0..<4, using: &random) > 0
    leafKey = Int.random(in: 0..<6, using: &random) == 0 ? "ed25519" : "ecdsa-p256"
  }

  static func address(of name: String, _ place: Int) -> String {
    "198.18.\(place).\((names.firstIndex(of: name) ?? 0) + 1)"
  }

  /// The host that has an address, whatever the fleet calls its own.
  static let machines: [String: String] = Dictionary(
    uniqueKeysWithValues: names.flatMap { name in
      [0, 1].map { (address(of: name, $0), name) }
    })

  private var frontEnds: Set<String> { Set(sites.values.flatMap(\.frontEnds)) }
  private var backEnds: Set<String> { Set(sites.values.flatMap(\.backEnds.keys)) }

  var description: String {
    func hosts(_ names: Set<String>) -> String {
      "{"
        + names.sorted().map { "\($0): {address: \(Self.address(of: $0, places[$0] ?? 0))}" }
        .joined(separator: ", ") + "}"
    }
    let sites = sites.sorted { $0.key < $1.key }.map { domain, site in
      let served = site.backEnds.sorted { $0.key < $1.key }
        .map { "{host: \($0.key), port: \($0.value)}" }.joined(separator: ", ")
      return """
          \(domain):
            front_ends: [\(site.frontEnds.joined(separator: ", "))]
            back_ends: [\(served)]
            certificate: {authority: true}
            back_end: {root: \(site.root)}
        """
    }
    return """
      fleet: shop
      authority: {name: Shop CA, passphrase: {env: X}, certificates: {key: \(leafKey)}}
      front_ends: \(hosts(frontEnds))
      back_ends: \(hosts(backEnds))
      sites:
      \(sites.joined(separator: "\n"))
      firewall: {policy: \(guardsAll ? "drop" : "sites")}
      """
  }

  func inventory() throws -> Inventory {
    let (inventory, diagnostics) = Scenario.inventory(description)
    return try #require(inventory, "\(self)\n\(diagnostics)")
  }

  /// Fleets with one thing less.
  var smaller: [FleetSpec] {
    var specs: [FleetSpec] = []
    func add(_ change: (inout FleetSpec) -> Void) {
      var spec = self
      change(&spec)
      if spec != self { specs.append(spec) }
    }
    for (domain, site) in sites.sorted(by: { $0.key < $1.key }) {
      if sites.count > 1 { add { $0.sites[domain] = nil } }
      for host in site.frontEnds where site.frontEnds.count > 1 {
        add { $0.sites[domain]?.frontEnds.removeAll { $0 == host } }
      }
      for host in site.backEnds.keys.sorted() where site.backEnds.count > 1 {
        add { $0.sites[domain]?.backEnds[host] = nil }
      }
      for host in site.backEnds.keys.sorted() {
        add { $0.sites[domain]?.backEnds[host] = 8443 }
      }
      add { $0.sites[domain]?.root = "/srv/one" }
    }
    for name in Self.names { add { $0.places[name] = 0 } }
    add { $0.guardsAll = true }
    add { $0.leafKey = "ecdsa-p256" }
    return specs
  }
}
