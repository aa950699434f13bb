internal import Diagnostics

/// The messages about a host key that is not accepted.
struct HostKeyReport {
  let destination: Destination
  let key: HostKey

  private var name: String { destination.knownName.full }

  private var fingerprint: String { "\(key.type) \(key.fingerprint)" }

  /// Where sshd has the public key on the host, unless it is configured otherwise.
  private var keyFile: String {
    let algorithm =
      if key.type.hasPrefix("ecdsa") { "ecdsa" } else if key.type.contains("rsa") { "rsa" } else {
        "ed25519"
      }
    return "/etc/ssh/ssh_host_\(algorithm)_key.pub"
  }

  func unknown(others: [KnownHosts.Entry], certificateAuthorities: [KnownHosts.Entry]) -> String {
    var lines = ["this host is not known. Its key is", "  \(fingerprint)"]
    if !others.isEmpty {
      lines.append("Keys of other types are known for it:")
      lines += others.map { "  \($0.place): \($0.key.type) \($0.key.fingerprint)" }
    }
    lines += certificateAuthorities.map {
      "\($0.place) names a certificate authority for it. The built-in client checks no host certificates;"
        + " `ssh: {transport: openssh}` in the inventory does."
    }
    guard let file = destination.knownHosts.first else {
      return (lines + ["No known_hosts file is configured: set ssh.known_hosts in the inventory."])
        .joined(separator: "\n")
    }
    lines += [
      "`deploy hosts trust` shows the keys of all new hosts and asks once.",
      "To accept only this one, compare it with `ssh-keygen -lf \(keyFile)` on the host,",
      "then add it:",
      "  echo \(ShellWord.typed("\(name) \(key.type) \(key.base64)")) >> \(ShellWord.typed(file))",
    ]
    return lines.joined(separator: "\n")
  }

  var notPinned: String {
    var lines = [
      "the host key does not match the inventory: the host was reinstalled, or the connection is "
        + "intercepted.",
      "  received: \(fingerprint)",
    ]
    lines += destination.hostKeys.map { text in
      let words = text.split(separator: " ").map(String.init)
      return "  expected: \(words[0]) \(HostKey(type: words[0], base64: words[1]).fingerprint)"
    }
    lines.append("If the new key is right, write it into the inventory:")
    lines.append("  host_key: \(key.type) \(key.base64)")
    return lines.joined(separator: "\n")
  }

  func changed(_ entries: [KnownHosts.Entry]) -> String {
    var lines = [
      "the host key has changed: the host was reinstalled, or the connection is intercepted.",
      "  received: \(fingerprint)",
    ]
    lines += entries.map { "  \($0.place) expects \($0.key.type) \($0.key.fingerprint)" }
    lines.append("If the new key is right, forget the old one, then connect again:")
    var files: [String] = []
    for entry in entries where !files.contains(entry.file) { files.append(entry.file) }
    lines += files.map { "  ssh-keygen -R \(ShellWord.typed(name)) -f \(ShellWord.typed($0))" }
    return lines.joined(separator: "\n")
  }

  func revoked(_ entry: KnownHosts.Entry) -> String {
    """
    the host presented a revoked key, which is never accepted.
      \(fingerprint)
      Revoked in: \(entry.place)
    """
  }
}
