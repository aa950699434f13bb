import Diagnostics
import Fleet
import Inventories
import Planning
import TestSupport
import Testing

@Suite("The checks of a large fleet are a sample")
struct CheckSampleTests {
  private static func inventory(
    frontEnds: Int, backEnds: Int, sites: [(frontEnds: [Int], backEnds: [Int])]
  ) throws -> Inventory {
    func host(_ kind: String, _ block: Int, _ number: Int) -> String {
      "  \(kind)-\(number): {address: 198.\(block).\(number / 250).\(number % 250 + 1)}\n"
    }
    func list(_ kind: String, _ numbers: [Int], of count: Int) -> String {
      numbers.count == count
        ? "all" : "[\(numbers.map { "\(kind)-\($0)" }.joined(separator: ", "))]"
    }
    let text =
      "fleet: shop\nca: {name: Shop CA, passphrase: {env: DEPLOY_PASSPHRASE}}\nfront_ends:\n"
      + (1...frontEnds).map { host("edge", 18, $0) }.joined() + "back_ends:\n"
      + (1...backEnds).map { host("app", 19, $0) }.joined() + "sites:\n"
      + sites.enumerated().map { number, site in
        """
          site-\(number).example:
            front_ends: \(list("edge", site.frontEnds, of: frontEnds))
            back_ends: \(list("app", site.backEnds, of: backEnds))
            certificate: {ca: true}
            back_end: {root: /srv/shop}

        """
      }.joined()
    let (inventory, found) = Inventory.read(SourceText(file: "shop.yml", text: text))
    return try #require(inventory, "\(found)")
  }

  /// A fleet whose hosts all have a site, as the inventory requires.
  private static func drawn(_ random: inout SeededGenerator) throws -> Inventory {
    let (frontEnds, backEnds) = (
      Int.random(in: 1...7, using: &random), Int.random(in: 1...12, using: &random)
    )
    func some(of count: Int) -> [Int] {
      Array((1...count).shuffled(using: &random).prefix(.random(in: 1...count, using: &random)))
        .sorted()
    }
    var sites = (0..<Int.random(in: 0...6, using: &random)).map { _ in
      (frontEnds: some(of: frontEnds), backEnds: some(of: backEnds))
    }
    sites.append((Array(1...frontEnds), Array(1...backEnds)))
    return try inventory(frontEnds: frontEnds, backEnds: backEnds, sites: sites)
  }

  private func hosts(_ edges: [FleetChecks.Edge]) -> Set<HostName> {
    Set(edges.flatMap { [$0.frontEnd, $0.backEnd] })
  }

  @Test("every host and every site is in every sample, in the order of the inventory and not twice")
  func coverage() throws {
    var random = SeededGenerator.announced()
    for _ in 0..<40 {
      let inventory = try Self.drawn(&random)
      let selector = try #require(
        [.all, Selector("app-*"), Selector("edge-1"), Selector("app-2,edge-2")]
          .randomElement(using: &random) ?? nil)
      let all = FleetChecks(of: inventory, selector, .all)
      let limit = Int.random(in: 1...60, using: &random)
      let sample = FleetChecks(of: inventory, selector, .sample(atMost: limit))
      #expect(all.edgeCount == all.edges.count && !all.isSample)
      #expect(sample.edgeCount == all.edges.count)
      #expect(sample.publicEndpointCount == all.publicEndpoints.count)
      #expect(
        sample.isSample
          == (sample.edges.count < all.edges.count
            || sample.publicEndpoints.count < all.publicEndpoints.count))

      #expect(hosts(sample.edges) == hosts(all.edges))
      #expect(Set(sample.edges.map(\.site)) == Set(all.edges.map(\.site)))
      #expect(sample.edges == all.edges.filter(Set(sample.edges).contains))
      #expect(
        Set(sample.publicEndpoints.map(\.frontEnd)) == Set(all.publicEndpoints.map(\.frontEnd)))
      #expect(Set(sample.publicEndpoints.map(\.site)) == Set(all.publicEndpoints.map(\.site)))
      #expect(
        sample.publicEndpoints == all.publicEndpoints.filter(Set(sample.publicEndpoints).contains))

      let most = max(limit, inventory.hosts.count + inventory.sites.count)
      #expect((min(limit, all.edges.count)...most).contains(sample.edges.count))
      #expect(sample == FleetChecks(of: inventory, selector, .sample(atMost: limit)))
      #expect(
        FleetChecks(of: inventory, selector, .sample(atMost: all.edges.count)).edges == all.edges)
    }
  }

  @Test("a sample has an edge of each site to each of its back-ends, if there is room")
  func everyBackEndOfEverySite() throws {
    let everyone = (frontEnds: Array(1...10), backEnds: Array(1...100))
    let inventory = try Self.inventory(
      frontEnds: 10, backEnds: 100, sites: Array(repeating: everyone, count: 20))
    let sample = FleetChecks(of: inventory, .all, .sample(atMost: 4_000))
    #expect(sample.edges.count == 4_000 && sample.edgeCount == 20_000)
    let pairs = Set(sample.edges.map { "\($0.site) \($0.backEnd)" })
    #expect(pairs.count == 20 * 100)
    let shares = Dictionary(grouping: sample.edges, by: \.frontEnd).mapValues(\.count)
    #expect(shares.values.allSatisfy { $0 == 400 }, "\(shares)")
  }

  @Test("edges that are not in the sample take no memory")
  func manyEdges() throws {
    let everyone = (frontEnds: Array(1...40), backEnds: Array(1...250))
    let inventory = try Self.inventory(
      frontEnds: 40, backEnds: 250, sites: Array(repeating: everyone, count: 10))
    let sample = FleetChecks(of: inventory, .all, .usual)
    #expect(sample.edgeCount == 100_000)
    #expect(sample.edges.count == 5_000)
    #expect(hosts(sample.edges).count == 290)
    // One for each port of a back-end.
    #expect(sample.forbiddenConnections.count == 500)
    #expect(sample.forbiddenConnectionCount == 250 * 249)
  }
}
