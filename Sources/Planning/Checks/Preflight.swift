import Firewall
import Inventories
import Nginx
import State

/// What keeps a host from taking part, found before anything is touched.
enum Preflight {
  static func blockers(
    on observation: HostObservation, for facts: HostFacts, _ input: PlanningInput
  ) -> [String] {
    (facts.host.roles.isEmpty
      ? []
      : nginx(of: observation) + namesHash(of: facts.host, observation, input.desired.inventory)
        + (facts.sharedPorts?.blockers ?? []))
      + blockers(on: observation, engine: facts.ruleset.engine)
      + (input.request.allowsLockout
        ? [] : facts.lockout.map { "\($0), or give --allow-lockout if that is meant" })
  }

  private static func nginx(of observation: HostObservation) -> [String] {
    guard let version = observation.nginxVersion else {
      return ["nginx is not installed there: install it and run again"]
    }
    return Version(version) == nil
      ? ["its nginx says that its version is \"\(version)\", which is not one such as 1.22.1"] : []
  }

  /// nginx takes the directive once.
  private static func namesHash(
    of host: Host, _ observation: HostObservation, _ inventory: Inventory
  ) -> [String] {
    guard let place = observation.surroundings.namesHash,
      let size = namesHashSize(for: host, in: inventory)
    else { return [] }
    return [
      "its nginx has a server_names_hash_bucket_size in \(place), and so has the release, which needs"
        + " \(size) for the names of its sites: take it away there and run again; the release's holds for"
        + " all of nginx"
    ]
  }

  /// What keeps even a host that is cleaned, where nginx may be gone already.
  ///
  /// - Parameter engine: what its firewall is going to be; nil where it is to have none.
  static func blockers(
    on observation: HostObservation, engine: FirewallPolicy.Engine? = nil
  ) -> [String] {
    var blockers: [String] = []
    if !observation.isRoot {
      blockers.append(
        "the SSH user is not root there: set ssh.user to root, or ssh.become to sudo")
    }
    let unneeded = FirewallPolicy.Engine.allCases.filter {
      $0 != engine && !observation.hasRules(of: $0)
    }.flatMap(\.tools)
    let others = observation.missingTools.filter { $0 != "nginx" && !unneeded.contains($0) }
    if !others.isEmpty {
      blockers.append(
        "\(others.joined(separator: ", ")) \(others.count == 1 ? "is" : "are") missing there:"
          + " install \(others.count == 1 ? "it" : "them") and run again")
    }
    if case .ofOthers(let why) = observation.manifestProblem { blockers.append(why) }
    return blockers
  }
}

extension FirewallPolicy.Engine {
  /// What the host program calls for it, as it reports what is missing; the first reads the rules.
  var tools: [String] {
    switch self {
    case .nftables: ["nft"]
    case .iptables: ["iptables", "iptables-restore", "ip6tables", "ip6tables-restore"]
    }
  }
}

extension HostObservation {
  /// Whether the release there has rules of an engine, which must be there to take them back.
  fileprivate func hasRules(of engine: FirewallPolicy.Engine) -> Bool {
    RulesetFile.names(for: engine).contains { manifest?.release.files[$0] != nil }
  }
}
