internal import FoundationEssentials

/// What systemd hosts start from: `scripts/make-systemd-root` makes it once on a machine.
enum SystemdRoot {
  static let path = "/var/cache/deploy-sandbox/systemd-root"
}

extension SandboxHost.System {
  /// What this machine lacks to have such hosts, and where it comes from; nil where nothing lacks.
  package var blocker: String? {
    guard self == .systemd else { return nil }
    let files = FileManager.default
    guard files.fileExists(atPath: SystemdRoot.path) else {
      return "\(SystemdRoot.path) is missing, which scripts/make-systemd-root makes"
    }
    guard files.isExecutableFile(atPath: "/usr/bin/systemd-nspawn") else {
      return "systemd-nspawn is missing: apt-get install systemd-container"
    }
    // Version 2 alone, or beside version 1 with the hierarchy that systemd takes (cgroups(7)).
    let hierarchies = ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"]
      .filter { files.fileExists(atPath: $0 + "/cgroup.procs") }
    guard !hierarchies.isEmpty, hierarchies.allSatisfy(files.isWritableFile(atPath:)) else {
      return "there are no cgroups below /sys/fs/cgroup that can be written"
    }
    return nil
  }
}
