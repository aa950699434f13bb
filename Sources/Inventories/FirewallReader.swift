internal import Diagnostics
internal import YAML

extension FirewallPolicy {
  private enum Key: String, CaseIterable {
    case engine, policy
    case sshFrom = "ssh_from"
    case allow
  }

  /// Reads `firewall:`.
  static func read(_ node: Node, _ found: inout DiagnosticCollector) -> FirewallPolicy {
    var policy = FirewallPolicy()
    guard let fields = Fields<Key>(node, of: "the firewall", &found) else { return policy }
    policy.engine = fields[.engine]?.choice(of: Engine.self, &found) ?? policy.engine
    policy.scope = fields[.policy]?.choice(of: Scope.self, &found) ?? policy.scope
    policy.sshFrom =
      fields[.sshFrom]?.ranges(
        ifEmpty: "Nobody could reach SSH, deploy neither. To let everybody in, remove the key.",
        &found) ?? []
    policy.allow = (fields[.allow]?.elements(&found) ?? []).compactMap {
      AllowedPort.read($0, &found)
    }
    return policy
  }
}

extension AllowedPort {
  private enum Key: String, CaseIterable {
    case port, from
  }

  fileprivate static func read(
    _ node: Node, _ found: inout DiagnosticCollector
  ) -> AllowedPort? {
    guard let fields = Fields<Key>(node, of: "an allowed port", &found) else { return nil }
    let port = fields.required(.port, &found)?.port(&found)
    let from = fields[.from]?.ranges(
      ifEmpty: "Nobody could reach the port. To let everybody in, remove the key.", &found)
    return port.map { AllowedPort(port: $0, from: from ?? []) }
  }
}
