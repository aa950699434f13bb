internal import Diagnostics
import Fleet
internal import YAML

extension SSHSettings {
  /// Reads `ssh:` of the inventory or of a host.
  ///
  /// - Parameter defaults: the settings that apply to keys that are not written.
  static func read(
    _ node: Node, over defaults: SSHSettings, _ found: inout DiagnosticCollector
  ) -> SSHSettings {
    guard let fields = Fields<SSHField>(node, &found) else { return defaults }
    var settings = defaults
    settings.address = fields[.address]?.read(SSHAddress.self, &found) ?? defaults.address
    settings.user = fields[.user]?.read(UserName.self, &found) ?? defaults.user
    settings.port = fields[.port]?.port(&found) ?? defaults.port
    settings.identities =
      fields[.identity].map {
        $0.oneOrMore(
          LocalPath.self,
          ifNone: "Name at least one private key file, or remove the key to use the ssh-agent.",
          &found)
      } ?? defaults.identities
    settings.knownHosts =
      fields[.knownHosts]?.read(LocalPath.self, &found) ?? defaults.knownHosts
    settings.become = fields[.become]?.choice(of: Become.self, &found) ?? defaults.become
    settings.jumps = fields[.jump].map { jumps($0, &found) } ?? defaults.jumps
    settings.config = fields[.config].flatMap { configFile($0, &found) } ?? defaults.config
    settings.transport =
      fields[.transport]?.choice(of: Transport.self, &found) ?? defaults.transport
    settings.hostKeyChecking =
      fields[.hostKeyChecking]?.choice(of: HostKeyChecking.self, &found)
      ?? defaults.hostKeyChecking
    settings.hostKeys =
      fields[.hostKey].map {
        $0.oneOrMore(
          HostKeyText.self,
          ifNone: "Name the key of the host, or remove the key to use known_hosts.", &found)
      } ?? defaults.hostKeys
    settings.password =
      fields.entry(.password).map { password($0, &found) } ?? defaults.password
    settings.given.formUnion(
      Given.allCases.filter { given in
        SSHField(rawValue: given.rawValue).map { fields[$0] != nil } ?? false
      })
    settings.check(fields.entry(.password) ?? fields.entry(.transport), &found)
    return settings
  }

  /// Reads `ssh:` of the inventory, which applies to all hosts.
  static func readShared(_ node: Node, _ found: inout DiagnosticCollector) -> SSHSettings {
    var settings = read(node, over: SSHSettings(), &found)
    settings.address = nil
    if case .mapping(let entries) = node.content,
      let entry = entries.first(where: { $0.key == SSHField.address.rawValue })
    {
      found.report(.sharedWayIn(at: entry.place))
    }
    return settings
  }

  /// Reports a password for the transport `openssh`, which cannot pass it to the server.
  private func check(_ entry: Node.Entry?, _ found: inout DiagnosticCollector) {
    if let entry, transport == .openSSH, password != nil {
      found.report(.passwordForOpenSSH(at: entry.place))
    }
  }

  /// Reads `jump`: `none`, one host, or a list of hosts, the nearest first.
  private static func jumps(
    _ node: Node, _ found: inout DiagnosticCollector
  ) -> [JumpHost] {
    if node.isNone { return [] }
    return node.oneOrMore(
      JumpHost.self, ifNone: "Name the hosts to go through, or write \"none\".", &found)
  }

  /// Reads `config`: `none`, or the path of an OpenSSH configuration file.
  private static func configFile(
    _ node: Node, _ found: inout DiagnosticCollector
  ) -> ConfigFile? {
    node.isNone ? ConfigFile.none : node.read(LocalPath.self, &found).map { .file($0) }
  }

  /// Reads `password`: `none`, `ask`, or the source of the password.
  private static func password(
    _ entry: Node.Entry, _ found: inout DiagnosticCollector
  ) -> PassphraseSource? {
    if entry.value.isNone { return nil }
    if case .scalar(let scalar) = entry.value.content, scalar.text == "ask" { return .terminal }
    return PassphraseSource.read(entry, &found)
  }
}

extension Node {
  fileprivate var isNone: Bool { isWord("none") }
}
