/// How a host is reached: the inventory's settings with the host's own over them.
package struct SSHSettings: Hashable, Sendable {
  package var user: UserName
  package var port: Port
  /// Private key files on the controller, tried in order.
  ///
  /// Empty means the agent and the usual files.
  package var identities: [LocalPath]
  package var knownHosts: LocalPath
  package var become: Become
  /// The hosts to go through, the nearest first.
  package var jumps: [JumpHost]
  package var config: ConfigFile
  package var transport: Transport
  package var hostKeyChecking: HostKeyChecking
  /// The only keys that the host may show; empty where known_hosts says it.
  package var hostKeys: [HostKeyText]
  /// For servers that ask for one; nil where keys alone are used.
  package var password: PassphraseSource?
  /// What is written in the inventory, and so wins over the user's ssh configuration.
  package var given: Set<Given>

  /// The settings that the user's ssh configuration has a say in.
  package enum Given: String, Hashable, Sendable, CaseIterable {
    case user, port, identity, jump
    case knownHosts = "known_hosts"
    case hostKeyChecking = "host_key_checking"
  }

  /// The configuration of OpenSSH's client that is asked about each host.
  package enum ConfigFile: Hashable, Sendable {
    /// `~/.ssh/config` and the system's.
    case usual
    case none
    case file(LocalPath)
  }

  package enum Transport: String, Hashable, Sendable, CaseIterable {
    case builtin
    /// The system's `ssh`, one master connection a host.
    case openSSH = "openssh"
  }

  package enum HostKeyChecking: String, Hashable, Sendable, CaseIterable {
    /// Only hosts that known_hosts has.
    case strict
    /// A host that it does not have is recorded; one whose key changed is refused all the same.
    case acceptNew = "accept_new"
  }

  package init(
    user: UserName = .root, port: Port = .ssh, identities: [LocalPath] = [],
    knownHosts: LocalPath = .userKnownHosts, become: Become = .none, jumps: [JumpHost] = [],
    config: ConfigFile = .usual, transport: Transport = .builtin,
    hostKeyChecking: HostKeyChecking = .strict, hostKeys: [HostKeyText] = [],
    password: PassphraseSource? = nil, given: Set<Given> = []
  ) {
    self.user = user
    self.port = port
    self.identities = identities
    self.knownHosts = knownHosts
    self.become = become
    self.jumps = jumps
    self.config = config
    self.transport = transport
    self.hostKeyChecking = hostKeyChecking
    self.hostKeys = hostKeys
    self.password = password
    self.given = given
  }
}

/// How the SSH user becomes root on a host.
package enum Become: String, Hashable, Sendable, CaseIterable {
  /// It is root.
  case none
  /// By `sudo -n`, which must not ask for a password.
  case sudo
}

/// A host to go through, as OpenSSH's ProxyJump writes it.
package struct JumpHost: ValidatedText {
  package let text: String
  package let user: UserName?
  /// A name, an alias of the user's ssh configuration, or an address without brackets.
  package let host: String
  package let port: Port?

  package static let noun = "a jump host"
  package static let rule =
    "[user@]host[:port], with a name, an IPv4 address or an IPv6 address in brackets"

  package init?(_ text: String) {
    var rest = text[...]
    var user: UserName?
    if let at = rest.lastIndex(of: "@") {
      user = UserName(String(rest[..<at]))
      guard user != nil else { return nil }
      rest = rest[rest.index(after: at)...]
    }
    var host = rest
    var port: Substring?
    if rest.hasPrefix("[") {
      guard let end = rest.firstIndex(of: "]") else { return nil }
      host = rest[rest.index(after: rest.startIndex)..<end]
      guard IPAddress(String(host)) != nil else { return nil }
      let behind = rest[rest.index(after: end)...]
      guard behind.isEmpty || behind.hasPrefix(":") else { return nil }
      port = behind.isEmpty ? nil : behind.dropFirst()
    } else if let colon = rest.firstIndex(of: ":") {
      host = rest[..<colon]
      port = rest[rest.index(after: colon)...]
    }
    guard Self.isHost(host) || rest.hasPrefix("[") else { return nil }
    let number = port.map { $0.utf8.allSatisfy(\.isDigit) ? Int($0).flatMap { Port($0) } : nil }
    if case .some(nil) = number { return nil }
    self.text = text
    self.user = user
    self.host = String(host)
    self.port = number ?? nil
  }

  private static func isHost(_ text: Substring) -> Bool {
    (1...253).contains(text.utf8.count) && text.utf8.first?.isLetterOrDigit == true
      && text.utf8.allSatisfy { $0.isLetterOrDigit || "._-".utf8.contains($0) }
  }
}

/// A public host key, as known_hosts and `ssh-keyscan` write it: a type and Base64.
package struct HostKeyText: ValidatedText {
  package let text: String
  package static let noun = "a host key"
  package static let rule =
    "a type and Base64, as in /etc/ssh/ssh_host_ed25519_key.pub: \"ssh-ed25519 AAAA...\""

  package init?(_ text: String) {
    let words = text.split(separator: " ")
    // A comment may follow.
    guard words.count >= 2, Self.types.contains(String(words[0])),
      let blob = Self.bytes(ofBase64: words[1]), blob.count > 4 + words[0].utf8.count,
      blob.prefix(4).reduce(0, { $0 << 8 | Int($1) }) == words[0].utf8.count,
      blob.dropFirst(4).starts(with: words[0].utf8)
    else { return nil }
    self.text = "\(words[0]) \(words[1])"
  }

  private static let types: Set<String> = [
    "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa",
  ]

  /// RFC 4648, section 4; nil for what is none.
  private static func bytes(ofBase64 text: Substring) -> [UInt8]? {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let digits = text.utf8.prefix { $0 != UInt8(ascii: "=") }
    let padding = text.utf8.count - digits.count
    guard text.utf8.count % 4 == 0, padding <= 2,
      text.utf8.suffix(padding).allSatisfy({ $0 == UInt8(ascii: "=") })
    else { return nil }
    var (bits, count, bytes) = (0, 0, [UInt8]())
    for digit in digits {
      guard let value = alphabet.firstIndex(of: digit) else { return nil }
      (bits, count) = (bits << 6 | value, count + 6)
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
        bits &= 1 << count - 1
      }
    }
    return bytes
  }
}
