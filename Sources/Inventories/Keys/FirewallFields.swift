import Fleet
import Schema

/// The keys of `firewall`.
enum FirewallField: String, KeyTable {
  case engine, policy, groups
  case sshFrom = "ssh_from"
  case allow

  static let owner = "the firewall"

  var about: KeyDescription {
    let usual = FirewallPolicy()
    return switch self {
    case .engine:
      KeyDescription(
        .choice(of: FirewallPolicy.Engine.self), .usual(usual.engine.rawValue),
        "`iptables` includes `ip6tables`.")
    case .policy:
      KeyDescription(
        .choice(of: FirewallPolicy.Scope.self), .usual(usual.scope.rawValue),
        "`drop`: everything is closed except what is listed. `sites`: only the ports of sites are guarded."
      )
    case .groups:
      KeyDescription(
        .entries(of: .ranges, named: TextShape(SourceGroupName.self, example: "office")),
        .otherwise("none"),
        "Sources by name, IPv4 and IPv6 mixed; `ssh_from` and `from` may name them.",
        example: "{office: [192.0.2.0/24]}")
    case .sshFrom:
      KeyDescription(
        .sources, .otherwise("everyone"),
        "Who may connect to SSH; the controller must be among them.")
    case .allow:
      KeyDescription(
        .list(.mapping(MappingShape(AllowedTrafficField.self))), .otherwise("none"),
        "Your own services.", example: "[{port: 9100}]")
    }
  }
}

/// The keys of an entry of `firewall.allow`.
enum AllowedTrafficField: String, KeyTable {
  case port, `protocol`, from

  static let owner = "an allowed port"
  static let alternatives = [Self.port, .protocol]

  var about: KeyDescription {
    switch self {
    case .port:
      KeyDescription(
        .either([
          .port,
          .text(
            TextShape(
              noun: "a range of ports",
              rule: "two ports from 1 to 65535 such as 10000-20000, the lower first",
              form: "`FIRST-LAST`", pattern: "^[0-9]+-[0-9]+$", example: "10000-20000")),
        ]), .otherwise("required for tcp and udp"), "The port, or several.", example: "9100")
    case .protocol:
      KeyDescription(
        .choice(of: ProtocolName.self), .otherwise("`tcp`"),
        "The protocols besides `tcp` and `udp` have no port.", example: "vrrp")
    case .from:
      KeyDescription(.sources, .otherwise("everyone"), "Who may connect.")
    }
  }
}
