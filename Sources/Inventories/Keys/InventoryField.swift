import Fleet
package import Schema

extension Inventory {
  /// Every key of an inventory.
  package static let keys = MappingShape(InventoryField.self)
}

/// The keys at the top level of an inventory.
enum InventoryField: String, KeyTable {
  case include, vars, defaults
  case fleet, ca, acme, state, ssh
  case frontEnds = "front_ends"
  case backEnds = "back_ends"
  case left, network, sites, firewall
  case keepReleases = "keep_releases"
  case stubStatus = "stub_status"

  static let owner = "an inventory"
  static let hasExtensions = true
  static let completedBy = [Self.include.rawValue]
  static let fewestReleases = 2
  static let mostReleases = 1000

  var about: KeyDescription {
    switch self {
    case .include: Self.inclusion
    case .vars: Self.variables
    case .defaults:
      KeyDescription(
        .mapping(MappingShape(DefaultsField.self)), .otherwise("none"),
        "What applies to each site that does not say it itself.")
    case .fleet:
      KeyDescription(
        .text(FleetName.self, form: "1 to 63 lower-case letters, digits, inner hyphens"), .required,
        "Names the fleet and its state; never change it.", example: "shop")
    case .ca:
      KeyDescription(
        .mapping(MappingShape(CAField.self)), .required, "The private CA.",
        earlierNames: ["authority"])
    case .acme:
      KeyDescription(
        .mapping(MappingShape(ACMEField.self)), .otherwise("no account"),
        "The account at a public CA, from which certificates of sites are ordered.")
    case .state:
      KeyDescription(
        .mapping(MappingShape(StateField.self)), .otherwise("files beside the inventory"),
        "Where the state and the CA are.")
    case .ssh:
      KeyDescription(
        .mapping(MappingShape(SSHField.self, without: [.address])),
        .otherwise("the defaults of its keys"),
        "How hosts are reached.")
    case .frontEnds:
      KeyDescription(
        .entries(
          of: .mapping(MappingShape(HostField.self, without: [.container])),
          named: TextShape(HostName.self, example: "edge-1")), .required,
        "The hosts that visitors reach.", example: "{edge-1: {address: 203.0.113.10}}")
    case .backEnds:
      KeyDescription(
        .entries(
          of: .mapping(MappingShape(HostField.self)),
          named: TextShape(HostName.self, example: "app-1")), .required,
        "The hosts that serve sites to front-ends.",
        example: "{app-1: {address: 198.51.100.21}}")
    case .left:
      KeyDescription(
        .entries(
          of: .mapping(MappingShape(LeftHostField.self)),
          named: TextShape(HostName.self, example: "app-9")), .otherwise("none"),
        "Hosts that are no longer declared and need other settings to be cleaned.",
        example: "{app-9: {ssh: {port: 2222}}}")
    case .network:
      KeyDescription(
        .edgeNetworks, .usual(NetworkName.public.text),
        "The network of `addresses` in which front-ends reach back-ends.", example: "private")
    case .sites:
      KeyDescription(
        .entries(
          of: .mapping(MappingShape(SiteField.self)),
          named: TextShape(DomainName.self, example: "shop.example")), .required,
        "What is published.")
    case .firewall:
      KeyDescription(
        .mapping(MappingShape(FirewallField.self)), .otherwise("the defaults of its keys"),
        "What each host lets in.")
    case .keepReleases:
      KeyDescription(
        .integer(Self.fewestReleases...Self.mostReleases), .usual("5"),
        "How many releases stay on a host, for `deploy rollback`.")
    case .stubStatus:
      KeyDescription(
        .mapping(MappingShape(StubStatusField.self)), .otherwise("none"),
        "Where each host's nginx reports its connections, for an exporter.")
    }
  }
}

/// The keys of `state`.
enum StateField: String, KeyTable {
  case postgresql

  static let owner = "the state"

  var about: KeyDescription {
    let connection = Shape.text(
      ConnectionText.self, form: "a connection string", example: "host=db.example dbname=deploy")
    return KeyDescription(
      .either([connection, .mapping(MappingShape(DatabaseField.self))]), .required,
      "The database that has the state and the CA, for several operators. `{}` leaves the connection to the"
        + " variables of PostgreSQL, such as `PGSERVICE`.")
  }
}

/// The keys of `state.postgresql`.
enum DatabaseField: String, KeyTable {
  case service, connection

  static let owner = "the database"
  static let form: String? = "`{service: NAME}`, `{connection: TEXT}` or `{}`"

  var about: KeyDescription {
    switch self {
    case .service:
      KeyDescription(
        .text(ServiceName.self, example: "deploy"), .otherwise("none"),
        "The entry of `pg_service.conf` with the connection.")
    case .connection:
      KeyDescription(
        .text(
          ConnectionText.self, form: "a connection string",
          example: "host=db.example dbname=deploy"), .otherwise("libpq's variables"),
        "The connection, without a password.")
    }
  }
}
