/// What the system's `ssh` is told in a file of ours, because it has no options for it: how the hosts that
/// a connection goes through are reached. `ssh -J` hands its options to none of them, but its file to all.
struct OpenSSHConfiguration {
  let jumps: [Destination]
  /// The client's own file, which has its say where we have none: nil for the usual ones, "none" for none.
  let file: String?

  /// ssh_config(5): of what is set twice the first counts, so ours stands before what is included.
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
    return "Host \(hop.label)\n" + lines.map { "  \($0)\n" }.joined()
  }
}
