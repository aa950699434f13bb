import Application
import Diagnostics
import Fleet
import Inventories
import Sandbox

/// An inventory for tests: its parts are changed, and the text is made of them.
struct InventoryText {
  var frontEnds = ["edge-1": "198.18.0.10"]
  var backEnds = ["app-1": "198.18.0.21", "app-2": "198.18.0.22"]
  var siteBackEnds: [String]?
  var aliases = ["www.shop.example"]
  var ssh = "{user: root, identity: ~/.ssh/id_ed25519}"
  /// More settings of a back-end, such as `ssh: {port: 2222}`.
  var backEndLines: [String: String] = [:]
  var firewall = "{policy: drop}"
  var root = "/srv/shop"
  /// Where back-ends take the front-ends' connections; nil for the usual port.
  var port: Int?
  var siteCertificate = "{ca: true}"
  /// More lines for the site, already indented by four.
  var siteLines: [String] = []
  /// More top-level lines.
  var lines: [String] = []
  var renewBefore = "30d"
  var validFor = "365d"
  /// More lines for the CA, already indented by two.
  var caLines: [String] = []

  var text: String {
    """
    fleet: shop
    ca:
      name: Shop Certification Center
      passphrase: {env: DEPLOY_PASSPHRASE}
      certificates: {valid_for: \(validFor), renew_before: \(renewBefore)}
    \(caLines.map { "  \($0)\n" }.joined())ssh: \(ssh)
    front_ends:
    \(hosts(frontEnds))
    back_ends:
    \(hosts(backEnds))
    sites:
      shop.example:
        aliases: [\(aliases.joined(separator: ", "))]
        front_ends: all
        back_ends: \(siteBackEnds.map { "[\($0.joined(separator: ", "))]" } ?? "all")
        certificate: \(siteCertificate)
        hsts: {max_age: 1y}
        back_end: {root: \(root), index: index.html\(port.map { ", port: \($0)" } ?? "")}
    \(siteLines.map { "    \($0)\n" }.joined())firewall: \(firewall)
    \(lines.joined(separator: "\n"))
    """
  }

  private func hosts(_ hosts: [String: String]) -> String {
    hosts.sorted { $0.key < $1.key }.map { name, address in
      let more = backEndLines[name].map { ", \($0)" } ?? ""
      return "  \(name): {address: \(address)\(more)}"
    }.joined(separator: "\n")
  }

  /// The hosts that the inventory describes, each serving its own name.
  func sandboxHosts(_ alter: (inout SandboxHost) -> Void = { _ in }) throws -> [SandboxHost] {
    try Self.sandboxHosts(of: text, alter)
  }

  /// The hosts that an inventory describes.
  static func sandboxHosts(
    of text: String, _ alter: (inout SandboxHost) -> Void = { _ in }
  ) throws -> [SandboxHost] {
    let (inventory, diagnostics) = Inventory.read(SourceText(file: "shop.yml", text: text))
    guard let inventory else { throw WrongInventory(diagnostics: diagnostics) }
    return inventory.hosts.map { host in
      var sandboxHost = SandboxHost(host, in: inventory)
      for root in ["/srv/shop", "/srv/other"] where host.roles.contains(.backEnd) {
        sandboxHost.pages["\(root)/index.html"] = "\(root) \(host.name)\n"
      }
      alter(&sandboxHost)
      return sandboxHost
    }
  }

  private struct WrongInventory: Error {
    var diagnostics: [Diagnostic]
  }
}
