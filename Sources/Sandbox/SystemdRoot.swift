internal import FoundationEssentials

/// The root file system of a sandbox's systemd hosts, a minimal Debian. `scripts/make-systemd-root`
/// creates it once on a machine.
enum SystemdRoot {
  static let path = "/var/cache/deploy-sandbox/systemd-root"
}

extension SandboxHost.System {
  /// What the machine lacks for such hosts, and how to install it; nil if nothing is missing.
  package var blocker: String? {
    guard self == .systemd else { return nil }
    let files = FileManager.default
    guard files.fileExists(atPath: SystemdRoot.path) else {
      return "\(SystemdRoot.path) is missing. Create it with scripts/make-systemd-root"
    }
    guard files.isExecutableFile(atPath: "/usr/bin/systemd-nspawn") else {
      return "systemd-nspawn is missing. Install it with apt-get install systemd-container"
    }
    // Only version 2, or besides version 1 the hierarchy that systemd uses (cgroups(7)).
    let hierarchies = ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"]
      .filter { files.fileExists(atPath: $0 + "/cgroup.procs") }
    guard !hierarchies.isEmpty, hierarchies.allSatisfy(files.isWritableFile(atPath:)) else {
      return "there are no writable cgroups below /sys/fs/cgroup"
    }
    return nil
  }
}
