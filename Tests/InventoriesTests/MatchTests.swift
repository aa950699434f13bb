import Diagnostics
import Fleet
import Inventories
import Testing

@Suite("A pattern in a list of a site")
struct MatchTests {
  private func inventory(_ backEnds: String, frontEnds: String = "all") throws -> Inventory {
    let text = """
      fleet: demo
      ca: {name: Demo Certification Center}
      front_ends:
        edge-1: {address: 198.18.0.10, labels: {region: eu}}
        edge-2: {address: 198.18.0.11, labels: {region: us}}
      back_ends:
        app-1: {address: 198.18.0.21, labels: {role: web}}
        app-2: {address: 198.18.0.22, labels: {role: web, disk: slow}}
        app-3: {address: 198.18.0.23, labels: {role: web}, container: {address: 10.8.0.5, publish: 8443}}
        app-4: {address: 198.18.0.24}
      sites:
        shop.example:
          front_ends: \(frontEnds)
          back_ends: \(backEnds)
          certificate: {ca: true}
          back_end: {port: 9443, root: /srv/shop}
      """
    let (inventory, diagnostics) = Inventory.read(SourceText(file: "i.yml", text: text))
    return try #require(inventory, "\(diagnostics)")
  }

  @Test(
    "stands for every back-end that matches and is not named in the list",
    arguments: [
      ("{match: role=web}", "app-1:9443*1 app-2:9443*1 app-3.container:443*1"),
      ("[{match: role=web, weight: 3}, app-1]", "app-1:9443*1 app-2:9443*3 app-3.container:443*3"),
      (
        "[{match: 'disk=*', weight: 2}, {match: 'role=web,!app-3', weight: 3}]",
        "app-1:9443*3 app-2:9443*2"
      ),
      ("[{match: 'role=web,!app-3', port: 8443}, app-4]", "app-1:8443*1 app-2:8443*1 app-4:9443*1"),
      (
        "[{match: '*'}, {host: app-4, port: 8443}]",
        "app-1:9443*1 app-2:9443*1 app-3.container:443*1 app-4:8443*1"
      ),
    ])
  func backEnds(_ list: String, _ expected: String) throws {
    let upstreams = try inventory(list).sites[0].upstreams
    #expect(
      upstreams.map { "\($0.host):\($0.port)*\($0.weight)" }.joined(separator: " ") == expected)
  }

  @Test("stands for every front-end that matches")
  func frontEnds() throws {
    func names(_ list: String) throws -> [String] {
      try inventory("all", frontEnds: list).sites[0].frontEnds.map(\.text)
    }
    #expect(try names("{match: region=eu}") == ["edge-1"])
    #expect(try names("[{match: 'region=*'}, edge-1]") == ["edge-1", "edge-2"])
  }

  @Test("gives a list that is equal to one with names")
  func equal() throws {
    let (matched, named) = (
      try inventory("[{match: 'role=web,!app-3'}]"), try inventory("[app-1, app-2]")
    )
    #expect(matched.sites.map(\.upstreams) == named.sites.map(\.upstreams))
  }
}
