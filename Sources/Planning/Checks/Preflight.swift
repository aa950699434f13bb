import Firewall
import Fleet
import Inventories
import Nginx
import State

/// Finds the reasons why a host cannot take part in a run, before anything is changed.
enum Preflight {
  static func blockers(
    on observation: HostObservation, for facts: HostFacts, _ input: PlanningInput
  ) -> [String] {
    (facts.host.roles.isEmpty
      ? []
      : nginx(of: observation) + namesHash(of: facts.host, observation, input.desired.inventory)
        + (facts.sharedPorts?.blockers ?? [])
        + absentAddresses(of: facts.host, observation, input.desired.inventory))
      + blockers(on: observation, engine: facts.ruleset.engine)
      + (input.request.allowsLockout
        ? [] : facts.lockout.map { "\($0), or use --allow-lockout if that is intended" })
  }

  private static func nginx(of observation: HostObservation) -> [String] {
    guard let version = observation.nginxVersion else {
      return ["nginx is not installed on the host: install it and run again"]
    }
    return Version(version) == nil
      ? ["its nginx reports the version \"\(version)\", which does not have the form 1.22.1"] : []
  }

  /// Addresses in private networks of its sites that the host does not have: its edges would break. A public address may be
  /// one that a gateway translates.
  private static func absentAddresses(
    of host: Host, _ observation: HostObservation, _ inventory: Inventory
  ) -> [String] {
    let own = observation.surroundings.addresses.compactMap { IPAddress($0) }
    guard !own.isEmpty, host.containerHost == nil, !host.otherAddresses.isEmpty else { return [] }
    let used =
      inventory.sites(publishedBy: host.name).map(\.edgeNetworks.from)
      + inventory.sites(servedBy: host.name).map(\.edgeNetworks.to)
    return Set(used).subtracting([.public]).sorted().flatMap { network in
      (host.addresses(in: network)?.all ?? []).filter { !own.contains($0) }.map {
        "the host does not have the address \($0), which the inventory gives it in the network \(network) of its sites: add"
          + " it to the host, or correct it"
      }
    }
  }

  /// nginx accepts `server_names_hash_bucket_size` only once.
  private static func namesHash(
    of host: Host, _ observation: HostObservation, _ inventory: Inventory
  ) -> [String] {
    guard let place = observation.surroundings.namesHash,
      let size = namesHashSize(for: host, in: inventory)
    else { return [] }
    return [
      "server_names_hash_bucket_size is set in \(place), and the release has to set it to \(size) for"
        + " the names of its sites: remove it there and run again; the value of the release applies to"
        + " all of nginx"
    ]
  }

  /// The reasons that also apply to a host that is cleaned up, on which nginx may already be missing.
  ///
  /// - Parameter engine: the engine of its new firewall; nil if it will have none.
  static func blockers(
    on observation: HostObservation, engine: FirewallPolicy.Engine? = nil
  ) -> [String] {
    var blockers: [String] = []
    if !observation.isRoot {
      blockers.append(
        "the SSH user is not root on the host: set ssh.user to root, or ssh.become to sudo")
    }
    let unneeded = FirewallPolicy.Engine.allCases.filter {
      $0 != engine && !observation.hasRules(of: $0)
    }.flatMap(\.tools)
    let others = observation.missingTools.filter { $0 != "nginx" && !unneeded.contains($0) }
    if !others.isEmpty {
      blockers.append(
        "\(others.joined(separator: ", ")) \(others.count == 1 ? "is" : "are") missing on the host:"
          + " install \(others.count == 1 ? "it" : "them") and run again")
    }
    if case .ofOthers(let why) = observation.manifestProblem { blockers.append(why) }
    return blockers
  }
}

extension FirewallPolicy.Engine {
  /// The programs that the host program needs for it; the first one reads the rules.
  var tools: [String] {
    switch self {
    case .nftables: ["nft"]
    case .iptables: ["iptables", "iptables-restore", "ip6tables", "ip6tables-restore"]
    }
  }
}

extension HostObservation {
  /// Whether the present release has rules of an engine, which is then needed to remove them.
  fileprivate func hasRules(of engine: FirewallPolicy.Engine) -> Bool {
    RulesetFile.names(for: engine).contains { manifest?.release.files[$0] != nil }
  }
}
