import Fleet
import Foundation
import Inventories
import Nginx
import TestSupport
import Testing

/// A host of an inventory, for one version of nginx; its files are in `Cases/NAME.conf`.
struct ConfigurationCase: Sendable, CustomTestStringConvertible {
  let name: String
  let host: String
  let version: Version
  let inventory: Inventory
  var hasIPv6 = true

  var testDescription: String { name }

  var files: [ConfigurationFile] {
    guard let host = inventory.host(named: Fleet.valid(host)) else { return [] }
    return configuration(for: host, in: inventory, nginx: version, hasIPv6: hasIPv6)
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases")
  static let versions = [Version(1, 18, 0), Version(1, 22, 1), Version(1, 26, 3)]

  static let all = versions.flatMap { version in
    ["edge-1", "app-1", "both-1"].map {
      ConfigurationCase(
        name: "shop.\($0).\(version)", host: $0, version: version, inventory: shop)
    } + [
      ConfigurationCase(
        name: "long-name.edge-1.\(version)", host: "edge-1", version: version,
        inventory: longName)
    ]
      + ["edge-1", "app-1"].map {
        ConfigurationCase(
          name: "whole.\($0).\(version)", host: $0, version: version, inventory: whole)
      }
      + [
        ConfigurationCase(
          name: "away.edge-1.\(version)", host: "edge-1", version: version, inventory: away)
      ]
  }

  static let shop = Fleet.inventory(
    [
      Fleet.host("app-1", [.backEnd], "198.51.100.21"),
      Fleet.host("app-2", [.backEnd], "2001:db8::22"),
      Fleet.host("both-1", [.backEnd, .frontEnd], "203.0.113.11"),
      Fleet.host("edge-1", [.frontEnd], "203.0.113.10"),
    ],
    [
      Fleet.site(
        "blog.example", on: ["both-1", "edge-1"],
        from: [
          Fleet.upstream("app-1", 443), Fleet.upstream("app-1", 8443),
          Fleet.upstream("both-1", 8443),
        ],
        certificate: .installed(
          certificate: Fleet.valid("/etc/ssl/blog/leaf.crt"),
          key: Fleet.valid("/etc/ssl/blog/leaf.key")),
        content: Fleet.application("::1", 8080)),
      Fleet.site(
        "shop.example", aliases: ["www.shop.example", "shop.test.example"], on: ["edge-1"],
        from: [Fleet.upstream("app-1", 443), Fleet.upstream("app-2", 8443, weight: 2)],
        certificate: .files(certificate: Fleet.file("shop.crt"), key: Fleet.file("shop.key")),
        hsts: .days(365),
        snippets: Snippets(
          frontEnd: Fleet.file("shop-fe.conf"), backEnd: Fleet.file("shop-be.conf"))),
    ])

  /// Each thing that a site can say, once.
  static let whole = Fleet.inventory(
    [
      Fleet.host("app-1", [.backEnd], "198.51.100.21"),
      Fleet.host("app-2", [.backEnd], "198.51.100.22"),
      Fleet.host("app-3", [.backEnd], "198.51.100.23"),
      Fleet.host("edge-1", [.frontEnd], "203.0.113.10"),
    ],
    [
      Fleet.site(
        "chat.example", on: ["edge-1"], from: [Fleet.upstream("app-1", 443)],
        hsts: .days(365), content: .proxy(.unix(Fleet.valid("/run/chat.sock"))),
        requests: RequestPolicy(
          timeouts: Timeouts(connect: .seconds(2), read: .seconds(3600), send: .seconds(20)),
          maxBodySize: Fleet.valid("64m"), webSockets: true,
          headers: [
            Fleet.header("Content-Security-Policy", "default-src 'self'; img-src *"),
            Fleet.header("X-Frame-Options", "DENY"),
          ])),
      Fleet.site(
        "forum.example", on: ["edge-1"], from: [Fleet.upstream("app-1", 443)],
        content: .fastCGI(
          .unix(Fleet.valid("/run/php/php-fpm.sock")), root: Fleet.valid("/srv/forum"),
          index: .phpIndex),
        network: .known(.cloudflare), originPulls: "cloudflare.pem",
        stapling: Fleet.stapling(by: "10.0.0.53"),
        requests: RequestPolicy(timeouts: Timeouts(read: .seconds(10)))),
      Fleet.site(
        "wiki.example", aliases: ["www.wiki.example"], on: ["edge-1"],
        from: [
          Fleet.upstream("app-1", 443, weight: 3, maxFails: 3, failTimeout: .seconds(30)),
          Fleet.upstream("app-2", 8443, maxFails: 0), Fleet.upstream("app-3", 443, isBackup: true),
        ],
        content: .fastCGI(
          .tcp(IPAddress.v4(0x7F00_0001), Fleet.port(9000)), root: nil, index: .phpIndex),
        network: Fleet.network("192.0.2.0/24", "2001:db8::/48", header: "X-Client"),
        stapling: Fleet.stapling(by: "10.0.0.53", "fd00::53")),
    ])

  /// The sites of `whole` in maintenance, with a drained back-end; of `blog.example` all are.
  static let away = Fleet.inventory(
    whole.hosts,
    whole.sites.map { site in
      var site = site
      for position in site.upstreams.indices where site.upstreams[position].host.text == "app-1" {
        site.upstreams[position].isDrained = true
      }
      let isOpen = site.domain.text == "chat.example"
      site.maintenance = Maintenance(
        page: isOpen ? nil : "<p>soon</p>\n",
        allowed: isOpen ? ["192.0.2.1", "2001:db8::/32"].compactMap { AddressRange($0) } : [],
        retryAfter: .seconds(600))
      return site
    })

  static let longName = Fleet.inventory(
    [
      Fleet.host("app-1", [.backEnd], "198.51.100.21"),
      Fleet.host("edge-1", [.frontEnd], "203.0.113.10"),
    ],
    [
      Fleet.site(
        String(repeating: "long-", count: 12) + "a." + String(repeating: "name-", count: 12)
          + "b.example",
        on: ["edge-1"], from: [Fleet.upstream("app-1", 443)])
    ])
}

@Suite("Configurations")
struct ConfigurationTests {
  @Test("match their case files", arguments: ConfigurationCase.all)
  func golden(_ item: ConfigurationCase) throws {
    let text = item.files.map { "===== \($0.path)\n\($0.text)" }.joined(separator: "\n")
    let url = ConfigurationCase.folder.appending(path: item.name + ".conf")
    #expect(try Golden.mismatch(text, with: url) == nil)
  }

  @Test("have no unused case file")
  func everyFileIsRead() throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: ConfigurationCase.folder.path(percentEncoded: false))
    #expect(Set(files) == Set(ConfigurationCase.all.map { $0.name + ".conf" }))
  }

  @Test("are empty if a host has no site")
  func noSite() {
    let host = Fleet.host("edge-1", [.frontEnd], "203.0.113.10")
    #expect(
      configuration(for: host, in: Fleet.inventory([host], []), nginx: Version(1, 22, 1)) == [])
  }

  @Test("contain an explicit max_fails of a backup, even if it is nginx's default")
  func maxFailsOfBackups() throws {
    let site = Fleet.site(
      "shop.example", on: ["edge-1"],
      from: [
        Fleet.upstream("app-1", 443, maxFails: 1),
        Fleet.upstream("app-2", 443, isBackup: true, maxFails: 1),
        Fleet.upstream("app-3", 443, isBackup: true),
        Fleet.upstream("app-4", 443, isBackup: true, maxFails: 0),
      ])
    let edge = Fleet.host("edge-1", [.frontEnd], "203.0.113.10")
    let backEnds = (1...4).map { Fleet.host("app-\($0)", [.backEnd], "198.51.100.\($0)") }
    let files = configuration(
      for: edge, in: Fleet.inventory([edge] + backEnds, [site]), nginx: Version(1, 22, 1))
    let servers = files.flatMap { $0.text.split(separator: "\n") }.filter {
      $0.contains(" server ")
    }
    #expect(
      servers.map { $0.split(separator: " ").dropFirst(2).joined(separator: " ") } == [
        "", "max_fails=1 backup;", "max_fails=100 backup;", "max_fails=0 backup;",
      ])
  }

  @Test(
    "are sorted by path, and do not contain the release's number", arguments: ConfigurationCase.all)
  func sorted(_ item: ConfigurationCase) {
    #expect(item.files.map(\.path) == item.files.map(\.path).sorted())
    #expect(item.files.allSatisfy { !$0.text.contains("/etc/deploy/releases") })
  }

  @Test("include the marker of the release exactly once", arguments: ConfigurationCase.all)
  func oneMarker(_ item: ConfigurationCase) {
    let included = item.files.map {
      $0.text.split(separator: ReleasePath.marker.installed).count - 1
    }
    #expect(included.reduce(0, +) == 1)
  }

  /// A host's own server may be the default on the same port, whether it says so or is the first.
  @Test("contain no default server", arguments: ConfigurationCase.all)
  func defaultServers(_ item: ConfigurationCase) {
    #expect(!item.files.contains { $0.text.contains("default_server") })
  }

  @Test("listen on IPv6 addresses only if the kernel has them", arguments: ConfigurationCase.all)
  func withoutIPv6(_ item: ConfigurationCase) {
    #expect(item.files.contains { $0.text.contains("listen [::]:") })
    var item = item
    item.hasIPv6 = false
    #expect(item.files.contains { $0.text.contains("listen ") })
    #expect(!item.files.contains { $0.text.contains("listen [::]") })
  }
}

@Suite("Versions")
struct VersionTests {
  @Test(
    "are read from nginx's output",
    arguments: [
      ("nginx/1.22.1", Version(1, 22, 1)), ("1.18.0", Version(1, 18, 0)),
      ("nginx version: nginx/1.26.3 (Ubuntu)", Version(1, 26, 3)),
      ("nginx version: nginx/1.27.4\n", Version(1, 27, 4)),
    ])
  func read(text: String, version: Version) { #expect(Version(text) == version) }

  @Test("are nil if there is none", arguments: ["", "nginx", "1.22", "1.22.x", "nginx/1..2"])
  func none(text: String) { #expect(Version(text) == nil) }

  @Test("are ordered numerically")
  func order() { #expect(Version(1, 9, 15) < Version(1, 22, 1)) }
}
