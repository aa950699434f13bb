package import Fleet

/// What a release takes over from the one before as it is, for the time between two releases.
package struct Remains: Hashable, Sendable {
  /// Roles whose sites all stay what they were: none of them is made from the inventory.
  package var roles: Set<Role>
  /// The sites whose files stay as they are, by role.
  package var sites: [Role: Set<DomainName>]
  /// Ports on which a back-end goes on serving a site, beside those of the inventory.
  package var ports: [DomainName: Set<Port>]
  /// Whom a back-end serves a site to; those that are not in it go by the inventory.
  package var admissions: [DomainName: Admission]
  /// Whether a front-end's site asks visitors for certificates.
  package var asksVisitors: Bool

  package static let none = Remains(roles: [], sites: [:], ports: [:])

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
