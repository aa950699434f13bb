import Fleet
import FleetLiterals
import Inventories
import Nginx
import Playbooks
import State
import Testing

@testable import Planning

/// A fleet with one site whose certificate is ordered.
struct OrderScene {
  static let domain: DomainName = "shop.example"
  static let configuration = "nginx/front-end/shop.example.conf"
  static let certificate = "tls/sites/shop.example.crt"
  static let key = "tls/sites/shop.example.key"
  static let day: Int64 = 86_400

  var scenario = Scenario()
  var frontEnds = "all"
  var site = "certificate: {acme: true}"
  var account = "contact: ops@shop.example, terms_agreed: true"

  init() {
    scenario.orders = true
    scenario.materials.thumbprints = [.default: Self.thumbprint]
  }

  static var thumbprint: AccountThumbprint {
    guard let value = AccountThumbprint(String(repeating: "t", count: 43)) else {
      preconditionFailure("not a thumbprint")
    }
    return value
  }

  var inventory: Inventory {
    get throws {
      let (inventory, diagnostics) = Scenario.inventory(
        """
        fleet: shop
        ca: {name: Shop CA}
        acme: {\(account)}
        front_ends:
          edge-1: {address: 198.18.0.11}
          edge-2: {address: 198.18.0.12}
        back_ends: {app-1: {address: 198.18.0.21}}
        sites:
          shop.example:
            front_ends: \(frontEnds)
            back_ends: all
            back_end: {root: /srv/shop}
            \(site)
        firewall: {policy: drop}
        """)
      return try #require(inventory, "\(diagnostics)")
    }
  }

  mutating func plan() throws -> Plan {
    let inventory = try inventory
    scenario.askHosts(of: inventory)
    return scenario.plan(inventory)
  }

  /// Carries a plan out and returns it.
  @discardableResult
  mutating func apply() throws -> Plan {
    let plan = try plan()
    scenario.apply(plan)
    return plan
  }

  /// What the server has issued, valid for 90 days from now unless something else is said.
  mutating func issue(
    _ text: String = "PEM\n", names: [String] = ["shop.example"], days: Int64 = 90,
    suggestion: ClosedRange<Timestamp>? = nil, isRevoked: Bool = false, isAlike: Bool = true
  ) {
    let end = scenario.now.adding(seconds: days * Self.day)
    let before = scenario.materials.siteCertificates[Self.domain]
    var replaced = before?.ordered?.replaced ?? [:]
    if let before, let ordered = before.ordered {
      replaced[Scenario.digest(before.certificate)] = .init(
        notBefore: ordered.notBefore, notAfter: ordered.notAfter, isAlike: true)
      for (digest, former) in replaced where !isAlike {
        replaced[digest] = .init(
          notBefore: former.notBefore, notAfter: former.notAfter, isAlike: false)
      }
    }
    scenario.materials.siteCertificates[Self.domain] = .init(
      certificate: text, keyDigest: "f\(text.count)", notAfter: end,
      ordered: OrderedCertificate(
        from: .acme(.letsEncrypt), names: names, key: .ecdsaP256, keyDigest: "f\(text.count)",
        serial: "5f3a",
        notBefore: scenario.now, notAfter: end, suggestion: suggestion, isRevoked: isRevoked,
        replaced: replaced))
  }

  /// The site's certificate is a file of the user from now on.
  mutating func provide(_ text: String) {
    site = "certificate: {files: {certificate: shop.crt, key: shop.key}}"
    scenario.materials.siteCertificates[Self.domain] = .init(
      certificate: text, keyDigest: "d\(text.count)",
      notAfter: scenario.now.adding(seconds: 365 * Self.day))
  }

  /// What was ordered belongs to a site whose certificate is no longer ordered.
  mutating func orderNoLonger() {
    scenario.materials.formerOrders = scenario.materials.siteCertificates
    scenario.materials.siteCertificates = [:]
    site = "certificate: {ca: true}"
  }

  func text(_ path: String, on host: HostName) throws -> String {
    guard case .observed(let observation) = scenario.survey[host] else { return "" }
    return try #require(observation.texts[path])
  }

  func files(of host: HostName) -> Set<String> {
    guard case .observed(let observation) = scenario.survey[host] else { return [] }
    return Set((observation.manifest?.release.files ?? [:]).keys)
  }

  mutating func wait(days: Int64) { scenario.now = scenario.now.adding(seconds: days * Self.day) }
}
