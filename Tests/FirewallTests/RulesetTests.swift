import Firewall
import Fleet
import Foundation
import Inventories
import TestSupport
import Testing

/// A host under a policy; its rules are in `Cases/NAME.nft`, or in `Cases/NAME.rules` for iptables.
struct RulesetCase: Sendable, CustomTestStringConvertible {
  let name: String
  let host: String
  let inventory: Inventory

  var testDescription: String { name }

  var fileName: String {
    name + (inventory.firewall.engine == .nftables ? ".nft" : ".rules")
  }

  func text() throws -> String {
    let files = try ruleset().files
    return files.count == 1
      ? files[0].text
      : files.map { "===== \($0.name)\n\($0.text)" }.joined(separator: "\n")
  }

  func ruleset() throws -> Ruleset {
    let host = try #require(inventory.host(named: FirewallFleet.valid(host)))
    return Firewall.ruleset(for: host, in: inventory)
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases")

  private static let policies: [(name: String, policy: FirewallPolicy)] = [
    ("open-ssh", FirewallPolicy()),
    (
      "narrow",
      FirewallPolicy(
        sshFrom: FirewallFleet.ranges("198.51.100.0/24", "198.51.100.7", "2001:db8:1::/48"),
        allow: [
          AllowedTraffic(
            port: FirewallFleet.port(9100), from: FirewallFleet.ranges("198.51.100.7")),
          AllowedTraffic(port: FirewallFleet.port(25)),
          AllowedTraffic(port: FirewallFleet.port(9100), from: FirewallFleet.ranges("::/0")),
        ])
    ),
    (
      "protocols",
      FirewallPolicy(
        allow: [
          AllowedTraffic(.udp(FirewallFleet.ports("51820"))),
          AllowedTraffic(
            .udp(FirewallFleet.ports("10000-20000")),
            from: FirewallFleet.ranges("198.51.100.7", "2001:db8:1::/48")),
          AllowedTraffic(.tcp(FirewallFleet.ports("9000-9999"))),
          AllowedTraffic(
            .tcp(FirewallFleet.ports("5000-5001")), from: FirewallFleet.ranges("198.51.100.7")),
        ] + IPProtocol.allCases.map { AllowedTraffic(.other($0)) }
          + [AllowedTraffic(.other(.vrrp), from: FirewallFleet.ranges("198.51.100.0/24"))])
    ),
    (
      "sites",
      FirewallPolicy(
        scope: .sites, sshFrom: FirewallFleet.ranges("198.51.100.0/24"),
        allow: [
          AllowedTraffic(port: .https, from: FirewallFleet.ranges("198.51.100.7")),
          AllowedTraffic(
            port: FirewallFleet.port(9100), from: FirewallFleet.ranges("198.51.100.7")),
        ])
    ),
  ]

  /// All visitors of edge-2 come through the network, and some of edge-1's.
  private static let networked: [Site] = FirewallFleet.sites.map { site in
    var site = site
    if site.domain.text != "blog.example" { site.network = .known(.cloudflare) }
    return site
  }

  /// A host that publishes its container, and the container.
  private static let carried: [RulesetCase] = FirewallPolicy.Engine.allCases.flatMap { engine in
    ["carry-1", "carry-1.container"].map { host in
      let policy = FirewallPolicy(engine: engine, sshFrom: FirewallFleet.ranges("198.51.100.7"))
      return RulesetCase(
        name: "narrow.\(host)", host: host,
        inventory: FirewallFleet.inventory(
          policy, hosts: FirewallFleet.hosts + FirewallFleet.carried(behind: "203.0.113.40"),
          sites: [
            FirewallFleet.site(
              "blog.example", on: ["both-1", "edge-1"], from: [("carry-1.container", 443)])
          ]))
    }
  }

  static let all =
    carried
    + policies.flatMap { policy in
      FirewallFleet.hosts.map { host in
        RulesetCase(
          name: "\(policy.name).\(host.name)", host: host.name.text,
          inventory: FirewallFleet.inventory(policy.policy))
      }
        + ["app-1", "both-1", "edge-2"].map { host in
          var iptables = policy.policy
          iptables.engine = .iptables
          return RulesetCase(
            name: "\(policy.name).\(host)", host: host,
            inventory: FirewallFleet.inventory(iptables))
        }
        + ["edge-1", "edge-2"].map { host in
          RulesetCase(
            name: "network-\(policy.name).\(host)", host: host,
            inventory: FirewallFleet.inventory(policy.policy, sites: networked))
        }
    }
}

@Suite("Rulesets")
struct RulesetTests {
  @Test("match their case files", arguments: RulesetCase.all)
  func golden(_ item: RulesetCase) throws {
    let url = RulesetCase.folder.appending(path: item.fileName)
    #expect(try Golden.mismatch(item.text(), with: url) == nil)
  }

  @Test("have no unused case file")
  func everyFileIsRead() throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: RulesetCase.folder.path(percentEncoded: false))
    #expect(Set(files) == Set(RulesetCase.all.map(\.fileName)))
  }

  @Test("open a back-end's port only to the front-ends of the sites served there")
  func mutualTLS() throws {
    let inventory = FirewallFleet.inventory(FirewallPolicy())
    let host = try #require(inventory.host(named: FirewallFleet.valid("app-1")))
    let openings = ruleset(for: host, in: inventory).openings
    #expect(
      openings == [
        Opening(.tcp(.ssh), from: .everybody, why: "SSH"),
        Opening(
          .tcp(.https),
          from: .ranges(FirewallFleet.ranges("203.0.113.10", "203.0.113.11", "2001:db8::10")),
          why: "front-ends of blog.example, shop.example"),
        Opening(
          .tcp(FirewallFleet.port(7443)), from: .ranges(FirewallFleet.ranges("2001:db8::10")),
          why: "front-ends of wiki.example"),
      ])
  }

  @Test("do not depend on the order of hosts", arguments: RulesetCase.all)
  func order(_ item: RulesetCase) throws {
    let mirrored = RulesetCase(
      name: item.name, host: item.host,
      inventory: FirewallFleet.inventory(
        item.inventory.firewall, hosts: item.inventory.hosts.reversed(),
        sites: item.inventory.sites))
    #expect(try mirrored.text() == item.text())
  }

  @Test("open a port to the sources of a range around it")
  func ranges() throws {
    let allowed = AllowedTraffic(
      .tcp(FirewallFleet.ports("7000-7999")), from: FirewallFleet.ranges("10.0.0.0/8"))
    for scope in FirewallPolicy.Scope.allCases {
      let inventory = FirewallFleet.inventory(FirewallPolicy(scope: scope, allow: [allowed]))
      let host = try #require(inventory.host(named: FirewallFleet.valid("app-1")))
      let openings = ruleset(for: host, in: inventory).openings
      #expect(
        openings.source(of: .tcp(FirewallFleet.port(7443)))
          == .ranges(FirewallFleet.ranges("10.0.0.0/8", "2001:db8::10")), "\(scope)")
      #expect(
        openings.source(of: .tcp(FirewallFleet.port(7000)))
          == (scope == .drop ? .ranges(FirewallFleet.ranges("10.0.0.0/8")) : .everybody))
      #expect(
        openings.source(of: .udp(FirewallFleet.ports("7443")))
          == (scope == .drop ? .ranges([]) : .everybody))
    }
  }

  @Test("are joined so that everything accepted by either is accepted")
  func union() throws {
    let old = FirewallFleet.inventory(FirewallPolicy())
    let new = FirewallFleet.inventory(
      FirewallPolicy(),
      hosts: old.hosts.map {
        $0.name.text == "edge-1" ? FirewallFleet.host("edge-1", [.frontEnd], "203.0.113.99") : $0
      })
    let host = try #require(old.host(named: FirewallFleet.valid("app-1")))
    let before = ruleset(for: host, in: old).openings
    let after = ruleset(for: host, in: new).openings
    let joined = before.union(after)
    #expect(difference(from: before, to: joined) == ["443/tcp now also from 203.0.113.99"])
    #expect(difference(from: joined, to: after) == ["443/tcp no longer from 203.0.113.10"])
    #expect(before.union(before) == before)
  }

  @Test("leave everything else open if one of two joined rulesets guards only the sites")
  func unionOfScopes() throws {
    let narrow = FirewallFleet.inventory(
      FirewallPolicy(sshFrom: FirewallFleet.ranges("10.0.0.0/8")))
    let host = try #require(narrow.host(named: FirewallFleet.valid("app-1")))
    let whole = ruleset(for: host, in: narrow).openings
    let sites = ruleset(
      for: host, in: FirewallFleet.inventory(FirewallPolicy(scope: .sites))
    ).openings
    for joined in [whole.union(sites), sites.union(whole)] {
      #expect(
        difference(from: whole, to: joined) == [
          "22/tcp now from everybody", "every other port now from everybody",
        ])
      #expect(difference(from: sites, to: joined) == [])
    }
  }
}
