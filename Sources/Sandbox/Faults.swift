/// Faults of a host, for tests.
extension Sandbox {
  /// The host's sshd and its sessions die; connections are refused.
  package func stopSSH(on name: String) async throws {
    switch try host(named: name).system {
    case .plain:
      try await demand(["pkill", "-KILL", "-x", "sshd"], on: .host(name))
      try await demand(["rm", "-f", "/run/sshd.pid"], on: .host(name))
    case .systemd:
      try await demand(["systemctl", "stop", "ssh"], on: .host(name))
      // systemd leaves the sessions; there may be none.
      try await demand(["sh", "-c", "! pgrep -x sshd || pkill -KILL -x sshd"], on: .host(name))
    }
  }

  /// The host's sshd starts again, or for the first time; it listens when this returns.
  package func startSSH(on name: String) async throws {
    switch try host(named: name).system {
    case .plain:
      try await demand(
        ["sh", "-s", "sshd", Box.scratch, name], on: .host(name),
        input: String(decoding: PackageResources.boot_sh, as: UTF8.self))
    case .systemd:
      try await demand(["systemctl", "start", "ssh"], on: .host(name))
    }
  }

  /// Shuts the host down cleanly and boots it: every process ends, `/run`,
  /// `/tmp` and the firewall are empty, the disk stays. Its services run again when
  /// this returns.
  package func reboot(_ name: String) async throws {
    try await restart(name, by: host(named: name).system == .systemd ? "reboot" : "power")
  }

  /// Cuts the power and restores it: like `reboot`, but without a shutdown.
  package func powerCycle(_ name: String) async throws { try await restart(name, by: "power") }

  private func restart(_ name: String, by means: String) async throws {
    _ = try host(named: name)
    try await demand(
      ["sh", Box.scratch + "/boot.sh", "restart", Box.scratch, name, means], on: .controller)
  }

  /// Connections to the host's sshd are accepted, but not answered.
  package func pauseSSH(on host: String) async throws {
    try await demand(["pkill", "-STOP", "-x", "sshd"], on: .host(host))
  }

  /// Lets a paused sshd continue; waiting connections are answered.
  package func resumeSSH(on host: String) async throws {
    try await demand(["pkill", "-CONT", "-x", "sshd"], on: .host(host))
  }

  /// Disconnects the host's cable: packets to and from it are lost.
  package func cut(_ host: String) async throws { try await setLink(of: host, to: "down") }

  /// Connects the host's cable again.
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
}
