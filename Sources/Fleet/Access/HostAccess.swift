/// How one host is reached: its address, the SSH settings for it (which may name another way in), and the host that
/// it is a container of.
///
/// Made from the inventory and stored in no file: it names commands, keys and files of the controller.
/// Settings from the user's ssh configuration are added when a connection is made.
package struct HostAccess: Hashable, Sendable {
  /// Where its services are, and SSH too unless the settings have an address of their own.
  package var address: IPAddress
  package var ssh: SSHSettings
  package var way: Way

  /// Whether SSH reaches a host directly (or via jump hosts) or through its container host.
  package indirect enum Way: Hashable, Sendable {
    case direct
    /// The host is a container: it is reached through its container host, behind all jump hosts of that.
    case through(HostName, HostAccess)
  }

  package init(address: IPAddress, ssh: SSHSettings = SSHSettings(), way: Way = .direct) {
    self.address = address
    self.ssh = ssh
    self.way = way
  }

  /// Where SSH connects to, as the inventory says it.
  package var reachedAt: String { ssh.address?.text ?? "\(address)" }

  /// Whether commands run as root with `sudo`, because the SSH user is another one.
  package var usesSudo: Bool { ssh.become == .sudo }
}
