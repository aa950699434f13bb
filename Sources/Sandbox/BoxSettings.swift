internal import Glibc

/// The settings that the script reads from its standard input.
struct BoxSettings {
  let hosts: [SandboxHost]
  let text: String

  init(_ hosts: [SandboxHost], _ controller: SandboxController, folder: String, accountHome: String)
    throws(SandboxError)
  {
    try Self.check(hosts, controller)
    var lines: [[String]] = controller.addresses.map { ["address", $0] }
    lines.append(["home", accountHome])
    lines += controller.identities.map { ["identity", Self.inBox($0)] }
    lines += controller.knownHosts.map { ["known_hosts", Self.inBox($0)] }
    lines += controller.authorizedKeys.map { ["authorize", $0] }
    let own = [accountHome, folder].filter { !Self.isNeeded($0) }
    lines += (own + controller.hiddenPaths).map { ["hide", $0] }
    if hosts.contains(where: { $0.system == .systemd }) {
      lines.append(["systemd", SystemdRoot.path])
    }
    lines += hosts.map { host in
      [
        "host", host.name, host.system.rawValue, String(host.sshPort), host.user,
        host.sudo.rawValue, host.isBare ? "no" : "yes", host.isDown ? "no" : "yes",
        host.deployDiskSize.map(String.init) ?? "-", host.containerHost ?? "-",
        host.addresses.joined(separator: ","),
      ]
    }
    lines.append(["start"])
    for field in lines.joined() where field.utf8.contains(where: { $0 < 0x20 }) || field.isEmpty {
      throw .invalidFleet("\"\(field)\" is empty or holds a control character")
    }
    self.hosts = hosts
    self.text = lines.map { $0.joined(separator: "\t") + "\n" }.joined()
  }

  private static func check(_ hosts: [SandboxHost], _ controller: SandboxController)
    throws(SandboxError)
  {
    var owners: [String: String] = [:]
    for address in controller.addresses { owners[address] = "the controller" }
    var names: Set<String> = []
    for host in hosts {
      guard host.name.utf8.allSatisfy(Self.isNameCharacter) else {
        throw .invalidFleet("\"\(host.name)\" is not a host name")
      }
      guard names.insert(host.name).inserted else {
        throw .invalidFleet("two hosts are named \(host.name)")
      }
      guard !host.addresses.isEmpty else {
        throw .invalidFleet("\(host.name) has no address")
      }
      if let containerHost = host.containerHost {
        guard hosts.contains(where: { $0.name == containerHost && $0.containerHost == nil }),
          host.addresses.count == 1, host.addresses[0].contains(".")
        else { throw .invalidFleet("\(host.name) is not a container with one IPv4 address") }
      }
      for address in host.addresses {
        if let owner = owners.updateValue(host.name, forKey: address) {
          throw .invalidFleet("\(host.name) and \(owner) have the same address \(address)")
        }
      }
    }
  }

  /// Names are used as parts of paths and lines.
  private static func isNameCharacter(_ byte: UInt8) -> Bool {
    isalnum(Int32(byte)) != 0 || "-._".utf8.contains(byte)
  }

  private static func inBox(_ path: String) -> String {
    path.hasPrefix("~/") ? Box.home + path.dropFirst() : path
  }

  /// Whether a host needs this folder to work: someone may well work in `/` or `/etc`.
  private static func isNeeded(_ path: String) -> Bool {
    let needed = [
      "/bin", "/dev", "/etc/nginx", "/etc/passwd", "/etc/ssh", "/lib", "/lib64", "/proc", "/run",
      "/sbin", "/sys", "/tmp", "/usr", "/var/lib/nginx", "/var/log", "/var/www",
    ]
    let folder = path == "/" ? path : path + "/"
    return needed.contains { $0 == path || $0.hasPrefix(folder) || folder.hasPrefix($0 + "/") }
  }
}
