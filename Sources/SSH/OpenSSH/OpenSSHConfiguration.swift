/// The ssh_config(5) file for the system's `ssh` that says how to reach the jump hosts, for which it has no
/// options: `ssh -J` passes its options to none of the jump hosts, but its file to all.
struct OpenSSHConfiguration {
  let jumps: [Destination]
  /// The user's own file, for settings that the inventory leaves out: nil for the usual ones, "none" for none.
  let file: String?

  /// In ssh_config(5) the first setting wins, so these lines come before the included files.
  var text: String {
    jumps.map(hop).joined() + "Match all\n" + included.map { "  Include \"\($0)\"\n" }.joined()
  }

  private var included: [String] {
    switch file {
    case nil: ["~/.ssh/config", "/etc/ssh/ssh_config"]
    case "none": []
    case let path?: [path]
    }
  }

  private func hop(_ hop: Destination) -> String {
    var lines = [
      "HostName \(hop.address)", "Port \(hop.port)", "User \(hop.user)", "BatchMode yes",
      "HostKeyAlias \(hop.knownName.full)",
      "StrictHostKeyChecking \(hop.hostKeyPolicy == .strict ? "yes" : "accept-new")",
      "UserKnownHostsFile \(hop.knownHosts.map { "\"\($0)\"" }.joined(separator: " "))",
    ]
    if case .files(let paths) = hop.identities {
      lines += paths.map { "IdentityFile \"\($0)\"" }
    }
    return "Host \(hop.configuredName)\n" + lines.map { "  \($0)\n" }.joined()
  }
}
