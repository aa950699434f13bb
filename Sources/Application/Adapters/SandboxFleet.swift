import CAStore
import Fleet
import FoundationEssentials
package import Inventories
package import Sandbox

extension SandboxHost {
  /// The sandbox's host for a host of the inventory. For each site, it serves a page with its name.
  package init(_ host: Inventories.Host, in inventory: Inventory) {
    var pages: [String: String] = [:]
    for site in inventory.sites(servedBy: host.name) {
      guard case .files(let root, let index) = site.service.content else { continue }
      pages["\(root)/\(index)"] = "<h1>\(site.domain) from \(host.name)</h1>\n"
    }
    self.init(
      name: host.name.text, addresses: host.sandboxAddresses.map(\.description),
      sshPort: Int(host.ssh.port.number), user: host.ssh.user.text, pages: pages,
      containerHost: host.containerHost?.name.text)
  }
}

extension Inventories.Host {
  /// Those of its services, and that of its way in.
  fileprivate var sandboxAddresses: [IPAddress] {
    allAddresses + [ssh.address?.numeric].compactMap(\.self).filter { !allAddresses.contains($0) }
  }
}

extension SandboxController {
  /// The sandbox's controller: an address that the inventory's firewall allows, and the keys that
  /// the inventory names.
  init(of workspace: Workspace) {
    let inventory = workspace.inventory
    self.init(
      identities: Set(inventory.hosts.flatMap(\.ssh.identities)).sorted().map {
        workspace.resolveOutsideHome($0.text)
      },
      knownHosts: Set(inventory.hosts.map(\.ssh.knownHosts)).sorted().map {
        workspace.resolveOutsideHome($0.text)
      }, hiddenPaths: [URL(filePath: workspace.ca.path).path(percentEncoded: false)])
    if inventory.firewall.scope == .drop, !inventory.firewall.sshFrom.isEmpty {
      addresses = inventory.firewall.sshFrom.map(\.lastHost.description)
    }
  }
}
