package import Fleet

/// The parts that a release takes over unchanged from the previous one, for a transition between two releases.
package struct CarriedOverSites: Hashable, Sendable {
  /// Roles whose sites all stay unchanged: none of them is made from the inventory.
  package var roles: Set<Role>
  /// The sites whose files stay unchanged, by role.
  package var sites: [Role: Set<DomainName>]
  /// Ports on which a back-end still serves a site, besides those of the inventory.
  package var ports: [DomainName: Set<Port>]
  /// The front-ends to which a back-end serves a site; for sites not in it, the inventory decides.
  package var admissions: [DomainName: Admission]
  /// Whether a front-end's site asks visitors for certificates.
  package var asksVisitors: Bool

  package static let none = CarriedOverSites(roles: [], sites: [:], ports: [:])

  package init(
    roles: Set<Role>, sites: [Role: Set<DomainName>], ports: [DomainName: Set<Port>],
    admissions: [DomainName: Admission] = [:], asksVisitors: Bool = false
  ) {
    self.roles = roles
    self.sites = sites
    self.ports = ports
    self.admissions = admissions
    self.asksVisitors = asksVisitors
  }

  var paths: [ReleasePath] {
    sites.flatMap { role, domains in domains.map { .configuration(of: $0, as: role) } }
  }
}
