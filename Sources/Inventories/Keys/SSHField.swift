import Fleet
import Schema

/// The keys of `ssh`, at the top level, of a host, of a container and of a host that left.
enum SSHField: String, KeyTable {
  case address, user, port, identity, jump, become, config, transport, password
  case knownHosts = "known_hosts"
  case hostKeyChecking = "host_key_checking"
  case hostKey = "host_key"

  static let owner = "the ssh settings"

  var about: KeyDescription {
    let usual = SSHSettings()
    return switch self {
    case .address:
      KeyDescription(
        .text(SSHAddress.self, form: "an IP address, a name or an alias"),
        .otherwise("the host's `address`"),
        "The way in, if it is not where the host's services are; below a host only. The host's section of the ssh"
          + " configuration is then that of the name or alias.", example: "app-1.mgmt.example")
    case .user:
      KeyDescription(
        .text(UserName.self), Self.configured(or: usual.user.text),
        "Who logs in; also a name of a directory, such as `anna@corp.example`.", example: "deploy")
    case .port:
      KeyDescription(
        .port, .usual("\(usual.port)"),
        "Must be in the inventory, because the firewall opens it; a port in `~/.ssh/config` alone is refused.",
        example: "\(usual.port)")
    case .identity:
      KeyDescription(
        .oneOrMore(.file(example: "~/.ssh/id_ed25519")),
        .otherwise("the ssh configuration's, or else the agent, then the usual files"),
        "Private keys, tried in order; every format that OpenSSH writes. The passphrase of an encrypted one is asked"
          + " for once.")
    case .knownHosts:
      KeyDescription(
        .file(example: usual.knownHosts.text), Self.configured(or: usual.knownHosts.text),
        "The keys of hosts; `/etc/ssh/ssh_known_hosts` is read too.")
    case .hostKeyChecking:
      KeyDescription(
        .choice(of: SSHSettings.HostKeyChecking.self),
        Self.configured(or: usual.hostKeyChecking.rawValue),
        "What happens to a host that `known_hosts` does not have: refused until `deploy hosts trust` records it, or"
          + " recorded at once and reported. A changed key is always refused.")
    case .hostKey:
      KeyDescription(
        .oneOrMore(.text(HostKeyText.self)), .otherwise("none"),
        "The only keys that the host may show, whatever `known_hosts` has.",
        example:
          "\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMAOfVE8xScm3AakNjtbOjJI2h6bXmK20TJTPxIGd1U2\"")
    case .jump:
      KeyDescription(
        .either([
          .choice(["none"]), .oneOrMore(.text(JumpHost.self, form: "`[user@]host[:port]`")),
        ]), Self.configured(or: "none"),
        "Hosts to go through, the nearest first. All hosts behind a bastion share one connection to it; the key of"
          + " each hop is checked.", example: "anna@bastion.shop.example")
    case .config:
      KeyDescription(
        .either([.choice(["none"]), .file()]), .otherwise("`~/.ssh/config` and the system's file"),
        "An OpenSSH configuration for what the inventory does not say: user, keys, jumps, known hosts, host key alias,"
          + " agent.", example: "ssh/config")
    case .transport:
      KeyDescription(
        .choice(of: SSHSettings.Transport.self), .usual(usual.transport.rawValue),
        "`openssh` runs the system's `ssh`, for hardware keys, certificates, GSSAPI, ProxyCommand, and for servers"
          + " that accept only algorithms which the built-in client lacks; a message says so if that is needed."
      )
    case .password:
      KeyDescription(
        .either([.choice(["none", "ask"]), .secret]), .usual("none"),
        "For servers that ask for a password, after the keys or in addition to them; `ask` asks once for all hosts."
          + " Not with `transport: openssh`.", example: "ask")
    case .become:
      KeyDescription(
        .choice(of: Become.self), .usual(usual.become.rawValue),
        "How the user becomes root: is root, or runs `sudo -n`, which must not ask for a password.")
    }
  }

  /// For settings that the user's ssh configuration may have, which is the file of `config`.
  private static func configured(or value: String) -> KeyDescription.Absence {
    .otherwise("the ssh configuration's, or else `\(value)`")
  }
}

extension MappingShape {
  /// The settings of a host, whose defaults are the top level's.
  static let hostSSH = MappingShape(SSHField.self) {
    $0 == .address ? nil : .otherwise("the top level's")
  }

  /// The settings of a container. The jump hosts and the keys of its host are not its own.
  static let containerSSH = MappingShape(SSHField.self) { key in
    key == .address
      ? nil : .otherwise([.jump, .hostKey].contains(key) ? "none" : "the top level's")
  }
}
