import Diagnostics
import Fleet
import Inventories

/// Inventories in few words.
enum Fleet {
  static let place = SourcePlace(file: "shop.yml", line: 1, column: 1)

  static func inventory(_ hosts: [Host], _ sites: [Site]) -> Inventory {
    Inventory(
      fleet: valid("shop"), ca: CAPolicy(name: valid("Shop CA"), place: place),
      hosts: hosts, sites: sites, firewall: FirewallPolicy())
  }

  static func host(_ name: String, _ roles: Set<Role>, _ address: String) -> Host {
    guard let address = IPAddress(address) else { preconditionFailure("\(address) is not valid") }
    return Host(name: valid(name), roles: roles, address: address, place: place)
  }

  static func site(
    _ domain: String, aliases: [String] = [], on frontEnds: [String], from upstreams: [Upstream],
    certificate: PublicCertificate = .ca, hsts: Period? = nil,
    content: Service.Content = files("/srv/shop/public"), snippets: Snippets = Snippets(),
    network: ContentNetwork? = nil, originPulls: String? = nil, stapling: Stapling? = nil,
    requests: RequestPolicy = RequestPolicy()
  ) -> Site {
    Site(
      domain: valid(domain), aliases: aliases.map(valid), frontEnds: frontEnds.map(valid),
      upstreams: upstreams, certificate: certificate, hstsMaxAge: hsts,
      service: Service(content: content), snippets: snippets, network: network,
      originPulls: originPulls.map(file), stapling: stapling, requests: requests, place: place)
  }

  static func upstream(
    _ host: String, _ port: Int, weight: Int = 1, isBackup: Bool = false, maxFails: Int? = nil,
    failTimeout: Period = .seconds(10)
  ) -> Upstream {
    Upstream(
      host: valid(host), port: self.port(port), weight: weight, isBackup: isBackup,
      maxFails: maxFails, failTimeout: failTimeout)
  }

  static func network(_ ranges: String..., header: String = "X-Forwarded-For") -> ContentNetwork {
    .listed(
      ranges.map {
        guard let range = AddressRange($0) else { preconditionFailure("\($0) is not valid") }
        return range
      }, header: valid(header))
  }

  static func stapling(by resolvers: String...) -> Stapling {
    Stapling(chain: file("chain.pem"), resolvers: resolvers.compactMap { IPAddress($0) })
  }

  static func header(_ name: String, _ value: String) -> ResponseHeader {
    ResponseHeader(name: valid(name), value: valid(value))
  }

  static func files(_ root: String) -> Service.Content { .files(root: valid(root), index: .index) }

  static func application(_ address: String, _ port: Int) -> Service.Content {
    guard let address = IPAddress(address) else { preconditionFailure("\(address) is not valid") }
    return .proxy(.tcp(address, self.port(port)))
  }

  static func file(_ path: String) -> LocalFile { LocalFile(path: valid(path), place: place) }

  static func port(_ number: Int) -> Port {
    guard let port = Port(number) else { preconditionFailure("\(number) is not valid") }
    return port
  }

  static func valid<Text: ValidatedText>(_ text: String) -> Text {
    guard let value = Text(text) else { preconditionFailure("\(text) is not \(Text.rule)") }
    return value
  }
}
