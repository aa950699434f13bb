import Diagnostics
import Fleet
import FleetLiterals
import Foundation
import Inventories
import Planning
import State
import Testing

@Suite("The checks of a fleet from its own hosts")
struct FleetChecksTests {
  private func inventory(_ more: String = "") throws -> Inventory {
    let (inventory, found) = Inventory.read(
      SourceText(
        file: "shop.yml",
        text: """
          fleet: shop
          ca: {name: Shop CA, passphrase: {env: DEPLOY_PASSPHRASE}}
          front_ends:
            edge-1: {address: 198.18.0.10}
            edge-2: {address: 198.18.0.11}
            both-1: {address: 198.18.0.31}
          back_ends:
            app-1: {address: 198.18.0.21, labels: {region: eu}}
            app-2: {address: 198.18.0.22}
            both-1: {address: 198.18.0.31}
          sites:
            shop.example:
              front_ends: [edge-1, edge-2]
              back_ends: [app-1, {host: app-2, port: 8443}]
              certificate: {ca: true}
              back_end: {root: /srv/shop}
            blog.example:
              front_ends: [both-1]
              back_ends: [app-1, both-1]
              certificate: {installed: {certificate: /a.crt, key: /a.key}}
              back_end: {port: 9443, root: /srv/blog}
          firewall: {policy: drop\(more)}
          """))
    return try #require(inventory, "\(found)")
  }

  private func edges(_ checks: FleetChecks) -> Set<String> {
    Set(checks.edges.map { "\($0.site) \($0.frontEnd) \($0.address):\($0.port)" })
  }

  @Test("Every front-end of a site has an edge to every back-end of the site, and an endpoint")
  func edges() throws {
    let checks = FleetChecks(of: try inventory(), .all)
    #expect(
      edges(checks) == [
        "shop.example edge-1 198.18.0.21:443", "shop.example edge-1 198.18.0.22:8443",
        "shop.example edge-2 198.18.0.21:443", "shop.example edge-2 198.18.0.22:8443",
        "blog.example both-1 198.18.0.21:9443", "blog.example both-1 198.18.0.31:9443",
      ])
    #expect(checks.edges.count == 6)
    #expect(
      Set(checks.publicEndpoints.map { "\($0.site) \($0.frontEnd) \($0.certificate == .ca)" }) == [
        "shop.example edge-1 true", "shop.example edge-2 true", "blog.example both-1 false",
      ])
    #expect(checks.publicEndpoints.allSatisfy { $0.names == [$0.site] && !$0.asksForCertificate })
  }

  @Test(
    "Edges lead through the network of their site, by each family, and no front-end is a stranger there"
  )
  func networks() throws {
    let (inventory, found) = Inventory.read(
      SourceText(
        file: "shop.yml",
        text: """
          fleet: shop
          ca: {name: Shop CA, passphrase: {env: DEPLOY_PASSPHRASE}}
          front_ends:
            edge-1: {address: [198.18.0.10, "2001:db8::10"], addresses: {private: 10.0.0.10}}
            edge-2: {address: 198.18.0.11}
          back_ends:
            app-1: {address: ["2001:db8::21", 198.18.0.21], addresses: {private: 10.0.0.21}}
          sites:
            shop.example:
              front_ends: [edge-1]
              back_ends: [app-1]
              network: private
              certificate: {ca: true}
              back_end: {root: /srv/shop}
            blog.example:
              front_ends: [edge-1]
              back_ends: [{host: app-1, port: 8443}]
              certificate: {ca: true}
              back_end: {root: /srv/blog}
            lone.example:
              front_ends: [edge-2]
              back_ends: [{host: app-1, port: 9443}]
              certificate: {ca: true}
              back_end: {root: /srv/lone}
          firewall: {policy: drop}
          """))
    let checks = FleetChecks(of: try #require(inventory, "\(found)"), .all)
    #expect(
      edges(checks) == [
        "shop.example edge-1 10.0.0.21:443", "blog.example edge-1 198.18.0.21:8443",
        "blog.example edge-1 2001:db8::21:8443", "lone.example edge-2 198.18.0.21:9443",
      ])
    #expect(checks.edgeCount == 4 && !checks.isSample)
    #expect(
      Set(checks.publicEndpoints.map { "\($0.site) \($0.address)" }) == [
        "shop.example 198.18.0.10", "shop.example 2001:db8::10", "blog.example 198.18.0.10",
        "blog.example 2001:db8::10", "lone.example 198.18.0.11",
      ])
    // edge-2 has no way to the private network.
    #expect(
      Set(checks.forbiddenConnections.map { "\($0.host) \($0.address):\($0.port)" }) == [
        "edge-2 2001:db8::21:443", "edge-2 2001:db8::21:8443", "edge-1 2001:db8::21:9443",
      ])
  }

  private func forbiddenConnections(_ checks: FleetChecks) -> [String: Set<HostName>] {
    Dictionary(grouping: checks.forbiddenConnections) { "\($0.backEnd):\($0.port)" }
      .mapValues { Set($0.map(\.host)) }
  }

  @Test(
    "The forbiddenConnections to each port of a back-end are all hosts that its firewall blocks")
  func forbiddenConnections() throws {
    #expect(
      forbiddenConnections(FleetChecks(of: try inventory(), .all)) == [
        "app-1:443": ["app-2", "both-1"], "app-1:9443": ["app-2", "edge-1", "edge-2"],
        "app-2:8443": ["app-1", "both-1"],
        "both-1:9443": ["app-1", "app-2", "edge-1", "edge-2"],
      ])
    let open = FleetChecks(
      of: try inventory(", allow: [{port: 9443}, {port: 8443, from: [198.18.0.0/24]}]"), .all)
    #expect(forbiddenConnections(open) == ["app-1:443": ["app-2", "both-1"]])
  }

  @Test(
    "In a large fleet each port is tested by some forbiddenConnections, and each host is a connection to a port"
  )
  func strangersOfMany() throws {
    let count = 600
    let hosts = (1...count).map { "  app-\($0): {address: 198.18.\($0 / 250).\($0 % 250 + 1)}" }
    let (inventory, found) = Inventory.read(
      SourceText(
        file: "shop.yml",
        text: """
          fleet: shop
          ca: {name: Shop CA, passphrase: {env: DEPLOY_PASSPHRASE}}
          front_ends: {edge-1: {address: 198.19.0.10}}
          back_ends:
          \(hosts.joined(separator: "\n"))
          sites:
            shop.example:
              front_ends: all
              back_ends: all
              certificate: {ca: true}
              back_end: {root: /srv/shop}
          """))
    let forbiddenConnections = forbiddenConnections(
      FleetChecks(of: try #require(inventory, "\(found)"), .all))
    #expect(
      forbiddenConnections.count == count
        && forbiddenConnections.values.allSatisfy { $0.count == 1 })
    #expect(Set(forbiddenConnections.values.joined()).count > count * 9 / 10)
  }

  @Test(
    "A selector means the edges that either end of is meant",
    arguments: [
      ("edge-1", 2, 1, 0), ("app-2", 2, 0, 2), ("region=eu", 3, 0, 5), ("both-1", 2, 1, 4),
    ])
  func selection(selector: String, edges: Int, publicEndpoints: Int, forbiddenConnections: Int)
    throws
  {
    let checks = FleetChecks(of: try inventory(), try #require(Selector(selector)))
    #expect(checks.edges.count == edges)
    #expect(checks.publicEndpoints.count == publicEndpoints)
    #expect(checks.forbiddenConnections.count == forbiddenConnections)
  }

  @Test("The recorded certificates are those of the release on the host")
  func recorded() {
    var state = FleetState(fleet: "shop", lineage: "a1")
    func record(_ serial: String) -> CertificateRecord {
      CertificateRecord(
        serial: serial, issuer: "Shop CA", issuerKeyIdentifier: "a1", commonName: "x", names: [],
        key: "ecdsa-p256", notBefore: Scenario.start, notAfter: Scenario.start)
    }
    state.hosts["both-1"] = HostRecord(
      address: "198.18.0.31", roles: [],
      release: ReleaseRecord(
        number: 1, files: [:],
        certificates: [
          "tls/back-end.crt": record("4f"), "tls/front-end.crt": record("50"),
          "tls/sites/shop.example.crt": record("51"),
        ]), appliedAt: Scenario.start, appliedBy: "ann@laptop")
    #expect(state.certificate(ofBackEnd: "both-1")?.serial == "4f")
    #expect(state.certificate(ofSite: "shop.example", on: "both-1")?.serial == "51")
    #expect(state.certificate(ofBackEnd: "app-1") == nil)
  }
}
