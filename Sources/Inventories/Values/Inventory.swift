package import Diagnostics
package import Fleet

/// The declared state of a fleet: the whole content of an inventory file, resolved and valid.
/// ``read(_:)`` makes it.
package struct Inventory: Hashable, Sendable {
  /// The name, without its folder, of the file that the user named, for readers.
  package var file: String
  package var fleet: FleetName
  package var ca: CAPolicy
  /// The accounts with which certificates of sites are ordered.
  package var acme: [ACMEAccountName: ACMEAccount] = [:]
  package var state = StatePlace.files
  /// The defaults for all hosts, also for those that have left the inventory.
  package var ssh: SSHSettings
  /// Hosts that are no longer declared, and need an address or SSH settings of their own to be
  /// cleaned up.
  package var left: [HostName: LeftHost] = [:]
  /// Every front-end and back-end, sorted by name.
  package let hosts: [Host]
  /// Sorted by domain.
  package private(set) var sites: [Site]
  package var firewall: FirewallPolicy
  /// How many releases a host keeps, including the current one.
  package var keepReleases: Int
  /// Nil if nginx does not report its connections.
  package var stubStatus: StubStatus?
  /// Newer ranges of content delivery networks than those that deploy was built with.
  package var networks: [KnownNetwork: PublishedRanges] = [:]
  /// Made from `hosts` and `sites`.
  private var index: FleetIndex

  package init(
    fleet: FleetName, ca: CAPolicy, ssh: SSHSettings = SSHSettings(),
    hosts: [Host], sites: [Site], firewall: FirewallPolicy, keepReleases: Int = 5
  ) {
    file = hosts.first.map { LocalPath.name(of: $0.place.file) } ?? ""
    self.fleet = fleet
    self.ca = ca
    self.ssh = ssh
    self.hosts = hosts.sorted { $0.name < $1.name }
    self.sites = sites.sorted { $0.domain < $1.domain }
    self.firewall = firewall
    self.keepReleases = keepReleases
    index = FleetIndex(self.hosts, self.sites)
  }

  /// The inventory with other properties of its sites.
  ///
  /// - Parameter change: called once for each site; it keeps the domain.
  package func changingSites(_ change: (inout Site) -> Void) -> Inventory {
    var inventory = self
    for position in sites.indices { change(&inventory.sites[position]) }
    inventory.index = FleetIndex(hosts, inventory.sites)
    return inventory
  }

  /// The host with a name; nil if the inventory has none.
  package func host(named name: HostName) -> Host? {
    index.position(of: name).map { hosts[$0] }
  }

  /// The sites that a front-end publishes, sorted by domain.
  package func sites(publishedBy host: HostName) -> SiteList {
    SiteList(of: sites, at: index.published(by: host))
  }

  /// The sites that a back-end serves, sorted by domain.
  package func sites(servedBy host: HostName) -> SiteList {
    SiteList(of: sites, at: index.served(by: host))
  }

  /// Whether a front-end asks the visitors of one of its sites for a certificate.
  package func asksVisitors(on frontEnd: HostName) -> Bool { index.asksVisitors(on: frontEnd) }
}

/// A machine or container of the fleet, with its roles and the way to reach it.
package struct Host: Hashable, Sendable {
  package var name: HostName
  package var roles: Set<Role>
  /// Where its services are, in the network `public`; the preferred one if it has two.
  package var address: IPAddress
  /// The public address of the other family; nil if it has only one.
  package var secondAddress: IPAddress?
  /// Its addresses in networks other than `public`.
  package var otherAddresses: [NetworkName: AddressPair] = [:]
  /// What `--limit label=value` selects by.
  package var labels: [String: String]
  package var ssh: SSHSettings
  /// The container behind the host, which the host publishes on one of its ports.
  package var container: Container?
  package var placement: Placement
  /// The place of its key in the inventory.
  package var place: SourcePlace

  package init(
    name: HostName, roles: Set<Role>, address: IPAddress, labels: [String: String] = [:],
    ssh: SSHSettings = SSHSettings(), container: Container? = nil, placement: Placement = .direct,
    place: SourcePlace
  ) {
    self.name = name
    self.roles = roles
    self.address = address
    self.labels = labels
    self.ssh = ssh
    self.container = container
    self.placement = placement
    self.place = place
  }
}

/// The properties of the private certificate authority and of its certificates.
package struct CAPolicy: Hashable, Sendable {
  /// The common name of the first CA generation; later ones add a number.
  package var name: CommonName
  package var subject: SubjectFields
  package var key: KeyKind
  /// How long the certificate of a generation is valid.
  package var validFor: Period
  package var passphrase: PassphraseSource
  package var certificates: LeafPolicy
  /// The CA above it, whose key is kept elsewhere; nil if the CA is self-signed.
  package var root: RootPolicy?
  package var place: SourcePlace

  /// The validity if the inventory sets none: ten years.
  package static let usualValidity = Period.days(3650)

  package init(
    name: CommonName, subject: SubjectFields = SubjectFields(), key: KeyKind = .ecdsaP256,
    validFor: Period = Self.usualValidity, passphrase: PassphraseSource = .terminal,
    certificates: LeafPolicy = LeafPolicy(), root: RootPolicy? = nil, place: SourcePlace
  ) {
    self.name = name
    self.subject = subject
    self.key = key
    self.validFor = validFor
    self.passphrase = passphrase
    self.certificates = certificates
    self.root = root
    self.place = place
  }
}

/// The properties of the root CA, which signs the CA that issues certificates (`ca.root`).
package struct RootPolicy: Hashable, Sendable {
  package var name: CommonName
  package var key: KeyKind
  package var validFor: Period

  /// The validity if the inventory sets none: twenty years.
  package static let usualValidity = Period.days(7300)

  package init(
    name: CommonName, key: KeyKind = .ecdsaP384, validFor: Period = Self.usualValidity
  ) {
    self.name = name
    self.key = key
    self.validFor = validFor
  }
}

/// The optional fields of the CA's distinguished name (RFC 5280, 4.1.2.4).
package struct SubjectFields: Hashable, Sendable {
  /// Two upper-case letters.
  package var country: String?
  package var organization: String?
  package var organizationalUnit: String?
  package var locality: String?
  package var state: String?

  package init(
    country: String? = nil, organization: String? = nil, organizationalUnit: String? = nil,
    locality: String? = nil, state: String? = nil
  ) {
    self.country = country
    self.organization = organization
    self.organizationalUnit = organizationalUnit
    self.locality = locality
    self.state = state
  }
}

/// The properties of the certificates that the CA issues for hosts (`ca.certificates`).
package struct LeafPolicy: Hashable, Sendable {
  package var key: KeyKind
  package var validFor: Period
  /// How long before its expiry a certificate is due for renewal at the latest.
  package var renewBefore: Period

  package init(
    key: KeyKind = .ecdsaP256, validFor: Period = .days(365), renewBefore: Period = .days(30)
  ) {
    self.key = key
    self.validFor = validFor
    self.renewBefore = renewBefore
  }
}
