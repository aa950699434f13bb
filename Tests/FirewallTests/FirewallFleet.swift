import Diagnostics
import Fleet
import Inventories

/// Inventories in few words, as far as firewalls care.
enum FirewallFleet {
  static let place = SourcePlace(file: "shop.yml", line: 1, column: 1)

  static func inventory(
    _ policy: FirewallPolicy, hosts: [Host] = hosts, sites: [Site] = sites
  ) -> Inventory {
    Inventory(
      fleet: valid("shop"), ca: CAPolicy(name: valid("Shop CA"), place: place),
      hosts: hosts, sites: sites, firewall: policy)
  }

  static let hosts = [
    host("app-1", [.backEnd], "198.51.100.21"),
    host("app-2", [.backEnd], "2001:db8::22", ssh: 2222),
    host("both-1", [.backEnd, .frontEnd], "203.0.113.11"),
    host("edge-1", [.frontEnd], "203.0.113.10"),
    host("edge-2", [.frontEnd], "2001:db8::10"),
  ]

  static let sites = [
    site("blog.example", on: ["both-1", "edge-1"], from: [("app-1", 443), ("both-1", 8443)]),
    site("shop.example", on: ["edge-1", "edge-2"], from: [("app-1", 443), ("app-2", 9443)]),
    site("wiki.example", on: ["edge-2"], from: [("app-1", 7443)]),
  ]

  static func host(_ name: String, _ roles: Set<Role>, _ address: String, ssh: Int = 22) -> Host {
    guard let address = IPAddress(address) else { preconditionFailure("\(address) is not valid") }
    return Host(
      name: valid(name), roles: roles, address: address, ssh: SSHSettings(port: port(ssh)),
      place: place)
  }

  /// A host and its container, which front-ends reach on the host's port 8443.
  static func carried(behind address: String, at inner: String = "10.8.0.5") -> [Host] {
    var containerHost = host("carry-1", [], address)
    var container = host("carry-1.container", [.backEnd], inner)
    containerHost.container = Container(
      host: container.name, address: container.address, network: range("10.8.0.0/24"),
      published: port(8443))
    container.placement = .behind(containerHost)
    return [containerHost, container]
  }

  static func site(
    _ domain: String, on frontEnds: [String], from upstreams: [(host: String, port: Int)]
  ) -> Site {
    Site(
      domain: valid(domain), frontEnds: frontEnds.map(valid),
      upstreams: upstreams.map { Upstream(host: valid($0.host), port: port($0.port)) },
      certificate: .ca,
      service: Service(content: .files(root: valid("/srv/shop"), index: .index)), place: place)
  }

  static func range(_ text: String) -> AddressRange {
    guard let range = AddressRange(text) else { preconditionFailure("\(text) is not valid") }
    return range
  }

  static func ranges(_ texts: String...) -> [AddressRange] { texts.map(range) }

  static func port(_ number: Int) -> Port {
    guard let port = Port(number) else { preconditionFailure("\(number) is not valid") }
    return port
  }

  static func ports(_ text: String) -> PortRange {
    guard let ports = PortRange(text) else { preconditionFailure("\(text) is not valid") }
    return ports
  }

  static func valid<Text: ValidatedText>(_ text: String) -> Text {
    guard let value = Text(text) else { preconditionFailure("\(text) is not \(Text.rule)") }
    return value
  }
}
