internal import Diagnostics
import Fleet

extension Diagnostic {
  static func oneFamilyTwice(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .oneFamilyTwice, at: place,
      "A host has at most one IPv4 and one IPv6 address in a network. Put further addresses into another "
        + "network of \("addresses".quoted).")
  }

  static func publicAddressTwice(_ host: HostName, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .publicAddressTwice, at: place,
      "\("address".quoted) of \(host) is its address in the network \("public".quoted). Write only one of the two."
    )
  }

  static func duplicateWayIn(
    _ access: HostAccess, of host: HostName, at place: SourcePlace, first: HostName
  ) -> Diagnostic {
    Diagnostic(
      .duplicateWayIn, at: place,
      "SSH to \(host) would connect to \(access.reachedAt) port \(access.ssh.port), as for \(first), so both would "
        + "be the same machine. Give one of them another address, port or jump host.")
  }

  static func sharedWayIn(at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .sharedWayIn, at: place,
      "All hosts would be reached at one address. Move it to the \("ssh".quoted) of one host.")
  }

  /// Reports a host of a site that has no address in a network of the site.
  static func hostOutsideNetwork(
    _ host: Host, _ network: NetworkName, at place: SourcePlace
  ) -> Diagnostic {
    let known = host.otherAddresses.keys.sorted().map(\.text)
    let others =
      known.isEmpty
      ? "only its public one" : "some in \((["public"] + known).joined(separator: ", "))"
    return Diagnostic(
      .hostOutsideNetwork, at: place,
      "\(host.name) has no address in the network \(network.text.quoted), but \(others). Add one: "
        + "\("addresses: {\(network): ADDRESS}".quoted).",
      suggestion: Suggestion.nearest(to: network.text, among: known))
  }

  static func unknownGroup(
    _ name: SourceGroupName, at place: SourcePlace, suggestion: String?
  ) -> Diagnostic {
    Diagnostic(
      .unknownGroup, at: place,
      "\("groups".quoted) of the firewall has no group \(name.text.quoted), and it is not an address range.",
      suggestion: suggestion)
  }
}
