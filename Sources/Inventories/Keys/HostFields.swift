import Fleet
import Schema

/// The keys of a host below `front_ends` and `back_ends`.
enum HostField: String, KeyTable {
  case address, addresses, labels, ssh, container

  static let owner = "a host"
  static let alternatives = [Self.address, .addresses]
  static let hasExtensions = true

  var about: KeyDescription {
    switch self {
    case .address:
      return KeyDescription(
        .addresses, .otherwise("`addresses.public`; one of the two is required"),
        "Where the host's services are, and SSH unless `ssh.address` says otherwise. A list has one IPv4 and one IPv6"
          + " address, the preferred one first.", example: "198.51.100.31")
    case .addresses:
      return KeyDescription(
        .entries(of: .addresses, named: TextShape(NetworkName.self, example: "private")),
        .otherwise("none"),
        "Addresses by network; `public` is `address`. `network`, of a site or of all, says in which one front-ends"
          + " reach back-ends.", example: "{public: 198.51.100.31, private: 10.0.0.31}")
    case .labels:
      let label = TextShape(LabelText.self, form: "text", example: "region")
      return KeyDescription(
        .entries(of: .text(label), named: label), .otherwise("none"),
        "For `--limit region=eu`, and for `match` in the lists of sites.",
        example: "{region: eu}")
    case .ssh:
      return KeyDescription(
        .mapping(.hostSSH), .otherwise("the top level's"),
        "Settings that differ from the top level's.")
    case .container:
      return KeyDescription(
        .mapping(MappingShape(ContainerField.self)), .otherwise("none"),
        "Back-ends only: the host's nginx is in a container behind the host. The container is a host of its own, such"
          + " as `app-3.container`, reached through `app-3`.")
    }
  }
}

/// The keys of the container of a back-end.
enum ContainerField: String, KeyTable {
  case address, network, port, publish, ssh

  static let owner = "a container"

  var about: KeyDescription {
    switch self {
    case .address:
      KeyDescription(
        .address, .required, "The container's IPv4 address behind the host.", example: "10.8.0.5")
    case .network:
      KeyDescription(
        .text(
          TextShape(
            noun: "an address range",
            rule: "an address, or a prefix such as 198.51.100.0/24 with no bit set behind it",
            form: "a range")), .otherwise("the `/24` around the address"),
        "The network behind the host.", example: "10.8.0.0/16")
    case .port:
      KeyDescription(.port, .usual("443"), "Where the nginx in the container listens.")
    case .publish:
      KeyDescription(
        .port, .otherwise("`container.port`"),
        "The port of the host that front-ends connect to; only front-ends are forwarded.",
        example: "8443")
    case .ssh:
      KeyDescription(
        .mapping(.containerSSH),
        .otherwise("the top level's, without `jump` and `host_key`"),
        "How the container is reached from its host; without `jump`.")
    }
  }
}

/// The keys of a host in `left`.
enum LeftHostField: String, KeyTable {
  case address, ssh

  static let owner = "a host that left"

  var about: KeyDescription {
    switch self {
    case .address:
      KeyDescription(.address, .otherwise("the one in the state"), "Where the host is.")
    case .ssh:
      KeyDescription(
        .mapping(.hostSSH), .otherwise("the top level's"),
        "Settings that differ from the top level's.")
    }
  }
}

/// The keys of `network`, of a site and at the top level.
enum EdgeNetworkField: String, KeyTable {
  case from, to

  static let owner = "the networks of edges"
  static let form: String? = "`{from: NETWORK, to: NETWORK}`"

  var about: KeyDescription {
    let name = Shape.text(NetworkName.self, form: "a network", example: "private")
    return switch self {
    case .from:
      KeyDescription(
        name, .usual(NetworkName.public.text), "Where the front-end's own address is.")
    case .to:
      KeyDescription(
        name, .usual(NetworkName.public.text), "Where the back-end's address is.")
    }
  }
}
