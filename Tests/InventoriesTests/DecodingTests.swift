import Diagnostics
import Fleet
import Inventories
import TestSupport
import Testing
import YAML

@Suite("Reading inventories")
struct DecodingTests {
  @Test("each case is read or refused as its file says", arguments: try CaseFile.all())
  func cases(_ file: CaseFile) throws {
    let source = SourceText(file: "inventory.yml", text: file.input)
    let (inventory, diagnostics) = Inventory.read(source)
    #expect((inventory == nil) == diagnostics.contains { $0.severity == .error })
    let said = DiagnosticRenderer(sources: [source]).render(diagnostics).rendered
    #expect(try file.mismatch(said + (inventory == nil ? "" : "ok\n")) == nil)
  }

  @Test("each mistake of an inventory has a case")
  func inventoryCatalogue() throws {
    let cases = try CaseFile.all() + CaseFile.all(in: "parts")
    // A case of ten thousand files is a test of its own.
    for mistake in InventoryMistake.allCases where mistake != .tooManyIncludes {
      #expect(
        cases.contains { $0.expected.contains(": \(mistake.rawValue)\n") }, "\(mistake)")
    }
  }

  @Test("each mistake of a typed read has a case")
  func readingCatalogue() throws {
    let cases = try CaseFile.all()
    for mistake in ReadingMistake.allCases {
      #expect(
        cases.contains { $0.expected.contains(": \(mistake.rawValue)\n") }, "\(mistake)")
    }
  }

  private func read(_ text: String) throws -> Inventory {
    let (inventory, diagnostics) = Inventory.read(SourceText(file: "i.yml", text: text))
    return try #require(inventory, "\(diagnostics)")
  }

  @Test("the whole demo inventory is in its value")
  func demo() throws {
    let inventory = try Example.demo.read()
    #expect(inventory.fleet.text == "demo")
    #expect(inventory.ca.name.text == "Demo Certification Center")
    #expect(inventory.ca.passphrase == .environment("DEPLOY_PASSPHRASE"))
    #expect(inventory.hosts.map(\.name.text) == ["app-1", "app-2", "edge-1"])
    #expect(
      inventory.hosts.map(\.address.description) == ["198.18.0.21", "198.18.0.22", "198.18.0.10"])
    #expect(inventory.hosts.map(\.roles) == [[.backEnd], [.backEnd], [.frontEnd]])
    #expect(inventory.hosts.allSatisfy { $0.ssh.identities.map(\.text) == ["~/.ssh/id_ed25519"] })
    let site = try #require(inventory.sites.first)
    #expect(site.domain.text == "shop.example")
    #expect(site.aliases.map(\.text) == ["www.shop.example"])
    #expect(site.frontEnds.map(\.text) == ["edge-1"])
    #expect(site.upstreams.map(\.host.text) == ["app-1", "app-2"])
    #expect(site.upstreams.allSatisfy { $0.port == .https && $0.weight == 1 })
    #expect(site.certificate == .ca)
    #expect(site.hstsMaxAge == .days(365))
    #expect(
      try site.service.content
        == .files(root: #require(RemotePath("/srv/shop")), index: #require(FileName("index.html"))))
    #expect(inventory.firewall == FirewallPolicy(scope: .drop))
  }

  @Test("the documented example gives every part of the value")
  func shop() throws {
    let inventory = try Example.shop.read()
    #expect(inventory.ca.subject.country == "NL")
    #expect(inventory.ca.subject.organizationalUnit == "Operations")
    #expect(inventory.ca.certificates == LeafPolicy())
    let edge = try #require(inventory.hosts.first { $0.name.text == "edge-2" })
    #expect(edge.ssh.port == Port(2222))
    #expect(edge.ssh.user == UserName("admin"))
    #expect(edge.ssh.identities.count == 2)
    #expect(edge.labels == ["region": "us"])
    let domains = ["api.shop.example", "shop.example", "staff.shop.example"]
    #expect(inventory.sites.map(\.domain.text) == domains)
    let upstreams = inventory.sites.map {
      $0.upstreams.map { "\($0.host):\($0.port)*\($0.weight)" }
    }
    #expect(
      upstreams == [
        ["app-1:9443*1", "app-2:9443*1", "app-3.container:443*1"],
        ["app-1:443*1", "app-2:8443*2", "app-3.container:443*1"],
        ["app-3.container:443*1"],
      ])
    let containerHost = try #require(inventory.hosts.first { $0.name.text == "app-3" })
    let container = try #require(inventory.hosts.first { $0.name.text == "app-3.container" })
    #expect(
      containerHost.allRoles.names == ["container-host"] && container.allRoles.names == ["back-end"]
    )
    #expect(
      try containerHost.container
        == Container(
          host: container.name, address: #require(IPAddress("10.8.0.5")),
          network: #require(AddressRange("10.8.0.0/24")), published: #require(Port(8443))))
    #expect(container.containerHost == containerHost)
    #expect(container.entry(to: .https) == ([containerHost.address], try #require(Port(8443))))
    #expect(inventory.sites[1].upstreams.map(\.isBackup) == [false, false, true])
    #expect(inventory.sites[1].upstreams.map(\.maxFails) == [nil, 3, nil])
    #expect(inventory.sites[1].upstreams[1].failTimeout == .seconds(30))
    #expect(inventory.sites[1].requests.maxBodySize?.text == "10m")
    #expect(inventory.sites.map(\.requests.webSockets) == [true, false, false])
    #expect(
      inventory.sites[1].requests.headers.map { "\($0.name): \($0.value)" }
        == ["X-Content-Type-Options: nosniff"])
    #expect(
      try inventory.sites[2].service.content
        == .fastCGI(
          .unix(#require(RemotePath("/run/php/php-fpm.sock"))),
          root: RemotePath("/srv/staff"), index: #require(FileName("index.php"))))
    #expect(inventory.sites[1].snippets.frontEnd?.path.text == "snippets/shop-fe.conf")
    let snippet = try #require(inventory.sites[1].snippets.backEnd?.place)
    #expect(snippet.file == "shop.yml" && snippet.length == "snippets/shop-be.conf".count)
    #expect(
      inventory.firewall.sshFrom.map(\.description) == ["192.0.2.0/24", "2001:db8:1::/48"])
    #expect(
      inventory.firewall.allow.map(\.traffic) == [
        .tcp(try #require(PortRange("9100"))), .tcp(try #require(PortRange("9418"))),
        .udp(try #require(PortRange("51820"))), .udp(try #require(PortRange("10000-20000"))),
        .other(.vrrp),
      ])
  }

  @Test("every example of the repository is read without diagnostics", arguments: Example.all)
  func examples(_ example: Example) {
    #expect(example.diagnostics.isEmpty)
  }

  @Test("an ssh setting of a host overrides the fleet's, the others stay")
  func sshOverrides() throws {
    let text = Example.demo.text.replacing(
      "edge-1: {address: 198.18.0.10}",
      with: "edge-1: {address: 198.18.0.10, ssh: {port: 2222, known_hosts: hosts}}")
    let inventory = try read(text)
    let edge = try #require(inventory.hosts.last)
    #expect(edge.ssh.port == Port(2222))
    #expect(edge.ssh.knownHosts.text == "hosts")
    #expect(edge.ssh.identities == inventory.hosts[0].ssh.identities)
    #expect(inventory.hosts[0].ssh.port == .ssh)
  }

  @Test("a host with both roles is one host")
  func bothRoles() throws {
    let text = Example.demo.text.replacing(
      "app-1: {address: 198.18.0.21}",
      with: "edge-1: {address: 198.18.0.10, labels: {a: b}}\n  app-1: {address: 198.18.0.21}"
    ).replacing("back_ends: all", with: "back_ends: [{host: edge-1, port: 8443}, app-1, app-2]")
    let inventory = try read(text)
    let edge = try #require(inventory.hosts.last)
    #expect(inventory.hosts.count == 3)
    #expect(edge.roles == [.frontEnd, .backEnd])
    #expect(edge.labels == ["a": "b"])
  }
}
