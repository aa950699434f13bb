internal import Diagnostics
import Fleet
internal import YAML

extension FirewallPolicy {
  /// Reads `firewall:`; missing keys, and those with a mistake, keep their defaults.
  static func read(_ node: Node, _ found: inout DiagnosticCollector) -> FirewallPolicy {
    var policy = FirewallPolicy()
    guard let fields = Fields<FirewallField>(node, &found) else { return policy }
    policy.engine = fields[.engine]?.choice(of: Engine.self, &found) ?? policy.engine
    policy.scope = fields[.policy]?.choice(of: Scope.self, &found) ?? policy.scope
    let groups = fields[.groups].map { SourceGroups.read($0, &found) } ?? SourceGroups()
    policy.sshFrom =
      fields[.sshFrom].flatMap {
        groups.sources(
          $0,
          ifEmpty: "No one could reach SSH, not even deploy. To accept everybody, remove the key.",
          &found)
      } ?? []
    policy.allow = (fields[.allow]?.elements(&found) ?? []).compactMap {
      AllowedTraffic.read($0, groups, &found)
    }
    return policy
  }
}

extension AllowedTraffic {
  /// Reads an entry of `firewall.allow`: a protocol, ports if the protocol has any, and sources.
  fileprivate static func read(
    _ node: Node, _ groups: SourceGroups, _ found: inout DiagnosticCollector
  ) -> AllowedTraffic? {
    guard let fields = Fields<AllowedTrafficField>(node, &found) else { return nil }
    let from = fields[.from].flatMap {
      groups.sources(
        $0, ifEmpty: "No one could reach the port. To accept everybody, remove the key.", &found)
    }
    let name = fields[.protocol].map { ProtocolName.read($0, &found) } ?? .tcp
    if case .other(let other)? = name {
      if let entry = fields.entry(.port) { found.report(.portOfProtocol(other, at: entry.place)) }
      return AllowedTraffic(.other(other), from: from ?? [])
    }
    // If the protocol is unknown, it is also unknown whether it has ports.
    guard let name, let ports = fields.required(.port, &found)?.ports(&found) else { return nil }
    return AllowedTraffic(name == .udp ? .udp(ports) : .tcp(ports), from: from ?? [])
  }
}

/// The values of `protocol:`: `tcp`, `udp`, and the IP protocols without ports.
enum ProtocolName: RawRepresentable, CaseIterable, Equatable {
  case tcp, udp
  case other(IPProtocol)

  static var allCases: [ProtocolName] { [.tcp, .udp] + IPProtocol.allCases.map(Self.other) }

  var rawValue: String {
    switch self {
    case .tcp: "tcp"
    case .udp: "udp"
    case .other(let other): other.rawValue
    }
  }

  init?(rawValue: String) {
    guard let name = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = name
  }

  static func read(_ node: Node, _ found: inout DiagnosticCollector) -> ProtocolName? {
    node.choice(of: Self.self, &found)
  }
}

extension Node {
  /// Reads a port, or a range such as `10000-20000`.
  fileprivate func ports(_ found: inout DiagnosticCollector) -> PortRange? {
    guard case .scalar(let scalar) = content, scalar.text.dropFirst().contains("-") else {
      return port(&found).map { PortRange($0) }
    }
    return value(
      noun: "a range of ports",
      rule: "two ports from 1 to 65535 such as 10000-20000, the lower first",
      &found, parse: { PortRange($0) })
  }
}
