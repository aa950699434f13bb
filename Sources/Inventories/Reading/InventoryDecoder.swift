package import Diagnostics
import Fleet
import Schema
package import YAML

extension Inventory {
  /// Reads an inventory from its text alone; nil if there is an error.
  ///
  /// The diagnostics list all mistakes, sorted by place.
  package static func read(
    _ source: SourceText
  ) -> (inventory: Inventory?, diagnostics: [Diagnostic]) {
    let reading = read([source], including: NoIncludedFiles())
    return (reading.inventory, reading.diagnostics)
  }

  /// An inventory of one file or several, as far as it could be read.
  package struct Reading {
    /// Nil if there is an error.
    package var inventory: Inventory?
    /// All mistakes, sorted by place.
    package var diagnostics: [Diagnostic]
    /// Every file that was read, for messages.
    package var sources: [SourceText]
  }

  /// Reads an inventory from the files that the user named.
  ///
  /// - Parameters:
  ///   - named: the inventory, and the files on top of it.
  ///   - files: what these may include.
  ///   - given: the values of variables.
  package static func read(
    _ named: [SourceText], including files: some IncludedFiles,
    given: GivenVariables = GivenVariables()
  ) -> Reading {
    var inclusion = Inclusion(files)
    let documents = named.map { inclusion.document(of: $0) }
    var found = inclusion.found
    let whole = documents.compactMap(\.self)
    guard !found.hasErrors, var node = whole.first, whole.count == named.count else {
      return Reading(diagnostics: found.sorted, sources: inclusion.sources)
    }
    for top in whole.dropFirst() { node = node.overlaid(by: top, as: .mapping(keys)) }
    node.resolveVariables(given, &found)
    let inventory = found.hasErrors ? nil : decode(node, &found)
    return Reading(
      inventory: found.hasErrors ? nil : inventory, diagnostics: found.sorted,
      sources: inclusion.sources)
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
    let defaults =
      fields.entry(.defaults).map { SiteDefaults($0, hosts: hosts, &found) } ?? SiteDefaults()
    let sites = (fields.required(.sites, &found)?.entries(&found) ?? []).map {
      DeclaredSite(defaults.completing($0), hosts: hosts, edges: edges, &found)
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
    inventory.file = LocalPath.name(of: node.place.file)
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

extension Node {
  /// Replaces the references to the variables of an inventory, if it declares some: without `vars`, `${` is text.
  fileprivate mutating func resolveVariables(
    _ given: GivenVariables, _ found: inout DiagnosticCollector
  ) {
    guard case .mapping(let entries) = content else { return }
    let key = InventoryField.vars.rawValue
    guard let declared = entries.first(where: { $0.key == key }) else {
      return Variables.refuse(given, &found)
    }
    var variables = Variables(declared.value, given, &found)
    content = .mapping(
      entries.map { entry in
        guard entry.key != key else { return entry }
        return Node.Entry(
          key: entry.key, place: entry.place, value: variables.resolving(entry.value, &found))
      })
    variables.checkUse(&found)
  }
}
