import Fleet
import Inventories
import Nginx
import Testing

@Suite("Upstreams of hosts in several networks")
struct EdgeNetworkTests {
  private static func address(_ text: String) -> IPAddress {
    guard let address = IPAddress(text) else { preconditionFailure("\(text) is not valid") }
    return address
  }

  /// The words behind `server` in upstreams and behind `proxy_bind`, of a front-end with addresses of both families.
  private func connections(
    to backEnds: [(String, String?)], _ site: Site, binding: Set<IPAddress> = []
  ) -> [String] {
    var edge = Fleet.host("edge-1", [.frontEnd], "203.0.113.10")
    edge.secondAddress = Self.address("2001:db8::10")
    edge.otherAddresses = [.private: AddressPair(Self.address("10.0.0.10"))]
    let hosts = backEnds.enumerated().map { index, addresses in
      var host = Fleet.host("app-\(index + 1)", [.backEnd], addresses.0)
      host.secondAddress = addresses.1.map(Self.address)
      host.otherAddresses = [.private: AddressPair(Self.address("10.0.0.2\(index + 1)"))]
      return host
    }
    let files = configuration(
      for: edge, in: Fleet.inventory([edge] + hosts, [site]), nginx: Version(1, 22, 1),
      binding: binding)
    return files.flatMap { $0.text.split(separator: "\n") }.compactMap { line in
      let words = line.split { $0 == " " || $0 == ";" }
      guard ["server", "proxy_bind", "proxy_next_upstream_tries"].contains(words.first ?? ""),
        words[1] != "{"
      else { return nil }
      return words.joined(separator: " ")
    }
  }

  @Test("name the address of the other family as a backup, so that no back-end has a double share")
  func bothFamilies() {
    let one = Fleet.site("shop.example", on: ["edge-1"], from: [Fleet.upstream("app-1", 443)])
    #expect(
      connections(to: [("2001:db8::21", "198.51.100.21")], one) == [
        "server 198.51.100.21:443", "server [2001:db8::21]:443 max_fails=100 backup",
      ])
    let two = Fleet.site(
      "shop.example", on: ["edge-1"],
      from: [Fleet.upstream("app-1", 443, weight: 2), Fleet.upstream("app-2", 443)])
    #expect(
      connections(to: [("198.51.100.21", "2001:db8::21"), ("198.51.100.22", nil)], two) == [
        "server 198.51.100.21:443 weight=2", "server 198.51.100.22:443",
        "server 198.51.100.21:443 weight=2 max_fails=100 backup",
        "server 198.51.100.22:443 max_fails=100 backup",
        "server [2001:db8::21]:443 weight=2 max_fails=100 backup", "proxy_next_upstream_tries 3",
      ])
    // nginx can bind one address only, and app-2 can be reached by IPv4 alone.
    #expect(
      connections(
        to: [("2001:db8::21", "198.51.100.21"), ("198.51.100.22", nil)], two,
        binding: [Self.address("2001:db8::10")]) == [
          "server 198.51.100.21:443 weight=2", "server 198.51.100.22:443",
          "server 198.51.100.21:443 weight=2 max_fails=100 backup",
          "server 198.51.100.22:443 max_fails=100 backup", "proxy_next_upstream_tries 2",
        ])
  }

  @Test("lead through the network of the site, from the front-end's address there")
  func network() {
    var site = Fleet.site("shop.example", on: ["edge-1"], from: [Fleet.upstream("app-1", 443)])
    site.edgeNetworks = EdgeNetworks(from: .private, to: .private)
    #expect(
      connections(
        to: [("198.51.100.21", "2001:db8::21")], site,
        binding: Set(["10.0.0.10", "203.0.113.10"].map(Self.address)))
        == ["server 10.0.0.21:443", "proxy_bind 10.0.0.10"])
    site.edgeNetworks.to = .public
    #expect(
      connections(to: [("198.51.100.21", "2001:db8::21")], site) == ["server 198.51.100.21:443"])
  }
}

extension NetworkName {
  fileprivate static let `private`: NetworkName = Fleet.valid("private")
}
