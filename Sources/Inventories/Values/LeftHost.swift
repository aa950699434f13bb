package import Diagnostics
package import Fleet

/// An entry of `left:`: a host that is no longer declared and still has to be cleaned up.
package struct LeftHost: Hashable, Sendable {
  /// Nil for the address that is recorded in the state.
  package var address: IPAddress?
  package var ssh: SSHSettings
  package var place: SourcePlace

  package init(address: IPAddress? = nil, ssh: SSHSettings, place: SourcePlace) {
    self.address = address
    self.ssh = ssh
    self.place = place
  }
}

extension Inventory {
  /// A host that left, as it is reached now: with the settings in `left`, or with the fleet's `ssh`
  /// settings at the recorded address. Nil for a host without an address.
  ///
  /// - Parameter recorded: the addresses of hosts when they were last changed; a container is
  ///   reached through its host, which may have left too.
  package func left(_ name: HostName, recorded: [HostName: IPAddress]) -> Host? {
    guard let address = left[name]?.address ?? recorded[name] else { return nil }
    let containerHost = containerHost(of: name, recorded: recorded)
    var host = Host(
      name: name, roles: [], address: address,
      ssh: left[name]?.ssh ?? (containerHost == nil ? ssh : ssh.behindHost),
      place: left[name]?.place ?? ca.place)
    if let containerHost, host.ssh.jumps.isEmpty { host.placement = .behind(containerHost) }
    return host
  }

  /// The host that a container with this name belonged to; nil if the name is not that of a
  /// container.
  private func containerHost(of name: HostName, recorded: [HostName: IPAddress]) -> Host? {
    guard let containerHost = Container.containerHost(ofHostNamed: name) else { return nil }
    return host(named: containerHost) ?? left(containerHost, recorded: recorded)
  }

  /// What to write in the inventory if a host that left cannot be reached.
  package func adviceToReach(_ name: String, at address: String) -> String {
    let declared = HostName(name).flatMap { left[$0] }
    return declared.map { "how to reach it is set at \($0.place)" }
      ?? "deploy tried \(address) with the inventory's ssh settings; if it needs others, write"
      + " \("left: {\(name): {ssh: {…}}}".quoted) in the inventory"
  }
}

extension Container {
  private static let suffix = ".container"

  /// The name of the container of a host, such as `app-3.container`; nil if it would be too long.
  static func name(on containerHost: HostName) -> HostName? {
    HostName(containerHost.text + suffix)
  }

  /// The host that has a container of this name; nil for a name that no container has.
  package static func containerHost(ofHostNamed name: HostName) -> HostName? {
    name.text.hasSuffix(suffix) ? HostName(String(name.text.dropLast(suffix.utf8.count))) : nil
  }
}

extension SSHSettings {
  /// The settings for a machine behind a host: the host's own jump hosts are not those of the
  /// machine.
  var behindHost: SSHSettings {
    var settings = self
    settings.address = nil
    settings.jumps = []
    settings.given.remove(.jump)
    settings.hostKeys = []
    return settings
  }
}
