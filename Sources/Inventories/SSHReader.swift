internal import Diagnostics
internal import YAML

extension SSHSettings {
  private enum Key: String, CaseIterable {
    case user, port, identity, jump, become
    case knownHosts = "known_hosts"
  }

  /// Reads `ssh:`; what it does not give stays as in `defaults`.
  static func read(
    _ node: Node, over defaults: SSHSettings, _ found: inout DiagnosticCollector
  ) -> SSHSettings {
    guard let fields = Fields<Key>(node, of: "the ssh settings", &found) else { return defaults }
    fields.refuse(.jump, reporting: &found)
    return SSHSettings(
      user: fields[.user]?.read(UserName.self, &found) ?? defaults.user,
      port: fields[.port]?.port(&found) ?? defaults.port,
      identities: fields[.identity].map { identities($0, &found) } ?? defaults.identities,
      knownHosts: fields[.knownHosts]?.read(LocalPath.self, &found) ?? defaults.knownHosts,
      become: fields[.become]?.choice(of: Become.self, &found) ?? defaults.become)
  }

  /// One path, or a list of them.
  private static func identities(
    _ node: Node, _ found: inout DiagnosticCollector
  ) -> [LocalPath] {
    guard case .sequence(let elements) = node.content else {
      return [node].compactMap { $0.read(LocalPath.self, &found) }
    }
    if elements.isEmpty {
      found.report(
        .emptyList(
          at: node.place,
          reason: "Name at least one private key file, or remove the key to use the agent."))
    }
    return elements.compactMap { $0.read(LocalPath.self, &found) }
  }
}
