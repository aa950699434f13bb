/// What can happen to a host.
extension Sandbox {
  /// The host's sshd and its sessions die; connections are refused.
  package func stopSSH(on host: String) async throws {
    try await demand(["pkill", "-KILL", "-x", "sshd"], on: .host(host))
    try await demand(["rm", "-f", "/run/sshd.pid"], on: .host(host))
  }

  /// The host's sshd starts again, or for the first time; it listens when this returns.
  package func startSSH(on name: String) async throws {
    let host = try host(named: name)
    try await script(["sshd", name, String(host.sshPort)], on: name)
  }

  /// The power fails and returns: every process dies, `/run`, `/tmp` and the firewall are empty,
  /// the disk stays; nginx and sshd listen again when this returns.
  package func reboot(_ name: String) async throws {
    let host = try host(named: name)
    try await script(
      ["reboot", name, String(host.sshPort), host.isBare ? "no" : "yes"]
        + [host.isDown ? "no" : "yes"], on: name)
  }

  /// Connections to the host's sshd are made, and nothing answers.
  package func pauseSSH(on host: String) async throws {
    try await demand(["pkill", "-STOP", "-x", "sshd"], on: .host(host))
  }

  package func resumeSSH(on host: String) async throws {
    try await demand(["pkill", "-CONT", "-x", "sshd"], on: .host(host))
  }

  /// The host's cable is pulled: packets to and from it vanish.
  package func cut(_ host: String) async throws { try await setLink(of: host, to: "down") }

  package func reconnect(_ host: String) async throws { try await setLink(of: host, to: "up") }

  /// The controller holds the other end of each host's cable, numbered as the hosts are.
  private func setLink(of name: String, to state: String) async throws {
    guard let index = hosts.firstIndex(where: { $0.name == name }) else {
      throw SandboxError.noSuchHost(name)
    }
    try await demand(["ip", "link", "set", "host\(index + 1)", state], on: .controller)
  }

  private func host(named name: String) throws -> SandboxHost {
    guard let host = hosts.first(where: { $0.name == name }) else {
      throw SandboxError.noSuchHost(name)
    }
    return host
  }

  private func script(_ arguments: [String], on host: String) async throws {
    try await demand(
      ["sh", "-s"] + arguments, on: .host(host),
      input: String(decoding: PackageResources.box_sh, as: UTF8.self))
  }
}
