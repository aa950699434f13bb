package import Diagnostics
import Fleet
package import YAML

extension Inventory {
  /// Reads an inventory from its text; nil if there is an error.
  ///
  /// The diagnostics list all mistakes, sorted by place.
  package static func read(
    _ source: SourceText
  ) -> (inventory: Inventory?, diagnostics: [Diagnostic]) {
    let (node, diagnostics) = Node.parse(source)
    guard let node else { return (nil, diagnostics) }
    return decode(node)
  }

  /// Reads an inventory from its document; nil if there is an error.
  ///
  /// The diagnostics list all mistakes, sorted by place.
  package static func decode(
    _ node: Node
  ) -> (inventory: Inventory?, diagnostics: [Diagnostic]) {
    var found = DiagnosticCollector()
    let inventory = decode(node, &found)
    return (found.hasErrors ? nil : inventory, found.sorted)
  }

  /// Reads all parts first, then checks how they fit together; nil if there is an error.
  private static func decode(
    _ node: Node, _ found: inout DiagnosticCollector
  ) -> Inventory? {
    guard let fields = Fields<InventoryField>(node, &found) else { return nil }
    let fleet = fields.required(.fleet, &found)?.read(FleetName.self, &found)
    let ca = fields.requiredEntry(.ca, &found).flatMap {
      CAPolicy.read($0, &found)
    }
    let accounts = fields.entry(.acme).map { ACMEAccount.readAll($0, &found) } ?? [:]
    let state = fields.entry(.state).map { StatePlace.read($0, &found) } ?? .files
    let ssh =
      fields[.ssh].map { SSHSettings.readShared($0, &found) } ?? SSHSettings()

    var hosts = DeclaredHosts()
    for (key, role) in [(InventoryField.frontEnds, Role.frontEnd), (.backEnds, .backEnd)] {
      guard let node = fields.required(key, &found) else { continue }
      hosts.read(node, as: role, defaults: ssh, &found)
    }
    hosts.checkAddresses(&found)
    hosts.separateContainers(&found)
    let left =
      fields[.left].map { LeftHost.read($0, besides: hosts, defaults: ssh, &found) } ?? [:]
    let edges = fields[.network].map {
      Placed(value: EdgeNetworks.read($0, over: EdgeNetworks(), &found), place: $0.place)
    }
    let sites = (fields.required(.sites, &found)?.entries(&found) ?? []).map {
      DeclaredSite($0, hosts: hosts, edges: edges, &found)
    }
    let keepReleases = fields[.keepReleases]?.integer(
      in: InventoryField.fewestReleases...InventoryField.mostReleases, &found)
    let stubStatus = fields.entry(.stubStatus).flatMap { StubStatus.read($0, &found) }
    let firewall = fields[.firewall].map { FirewallPolicy.read($0, &found) }

    let domains = DomainTable(sites, &found)
    for name in ca?.names ?? [] { domains.check(name.value, at: name.place, &found) }
    Listeners.check(sites, hosts, &found)
    if let stubStatus { Listeners.check(stubStatus, besides: sites, hosts, &found) }
    for site in sites {
      site.checkStapling(&found)
      site.checkNetworks(hosts, &found)
      site.checkACME(accounts, &found)
    }
    guard !found.hasErrors, let fleet, let ca else { return nil }
    var inventory = Inventory(
      fleet: fleet, ca: ca.policy, ssh: ssh,
      hosts: hosts.hosts.values.map(\.value), sites: sites.compactMap(\.site),
      firewall: firewall ?? FirewallPolicy(), keepReleases: keepReleases ?? 5)
    inventory.left = left
    inventory.acme = accounts
    inventory.state = state
    inventory.stubStatus = stubStatus?.value
    inventory.warnOfUnusedHosts(&found)
    let visited = VisitedSites(sites)
    for site in sites { site.checkNetwork(beside: visited, &found) }
    return inventory
  }

  /// Warns about hosts that no site uses; container hosts are used by their containers.
  private func warnOfUnusedHosts(_ found: inout DiagnosticCollector) {
    let used = Set(sites.flatMap { $0.frontEnds + $0.upstreams.map(\.host) })
    for host in hosts where !used.contains(host.name) && host.container == nil {
      found.report(.unusedHost(host.name, at: host.place))
    }
  }
}
