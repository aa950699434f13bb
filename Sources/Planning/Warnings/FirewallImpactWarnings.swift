import Firewall
import Fleet
import Inventories
import Nginx
import State

/// Warns about services that a new firewall closes, and about other firewalls that block what it accepts.
enum FirewallImpactWarnings {
  static func all(_ input: PlanningInput, _ facts: [HostFacts]) -> [String] {
    var found = WarningCollector()
    let hosts = facts.filter { input.request.selector.matches($0.host) }.compactMap(
      ChangedFirewall.init)
    if input.request.allowsLockout { for host in hosts { host.lockouts(&found) } }
    for host in hosts { host.closedPorts(&found) }
    for host in hosts { host.otherSessions(&found) }
    for host in hosts { host.foreignChains(&found) }
    for host in hosts { host.foreignPassages(&found) }
    for host in hosts { host.managers(&found) }
    return found.warnings
  }
}

/// A host whose firewall changes.
private struct ChangedFirewall {
  private let facts: HostFacts
  private let observation: HostObservation
  /// What the loaded firewall accepts; nil if deploy's firewall is not loaded as it was installed.
  private let present: [Opening]?

  private var host: Host { facts.host }
  private var name: String { host.name.text }
  private var surroundings: HostSurroundings { observation.surroundings }
  private var engine: FirewallPolicy.Engine { facts.ruleset.engine }
  private var scope: FirewallPolicy.Scope { facts.ruleset.scope }
  private var openings: [Opening] { facts.ruleset.openings }

  /// Nil if the firewall does not change.
  init?(_ facts: HostFacts) {
    guard let observation = facts.observation else { return nil }
    let before = observation.manifest?.release.facts
    present = observation.firewall == .asInstalled ? before?.openings : nil
    let ruleset = facts.ruleset
    guard present != ruleset.openings || before?.publications ?? [] != ruleset.publications
    else { return nil }
    self.facts = facts
    self.observation = observation
  }

  func lockouts(_ found: inout WarningCollector) {
    for reason in facts.lockout {
      found.add("", name, ": \(reason). It is confirmed only if a new SSH connection succeeds")
    }
  }

  func closedPorts(_ found: inout WarningCollector) {
    let closed = Set(
      surroundings.listeners.compactMap { listener -> ListeningService? in
        guard IPAddress(listener.address)?.isLoopback != true,
          let service = ListeningService(listener), openings.source(of: service.target).isNobody,
          present?.source(of: service.target).isNobody != true
        else { return nil }
        return service
      }
    ).sorted()
    guard !closed.isEmpty else { return }
    found.add(
      "the new firewall of ", name,
      " closes \(closed.map(\.description).joined(separator: ", ")): to keep a port open, add it to"
        + " firewall.allow" + (closed.compactMap(\.example).first.map { ", such as \($0)" } ?? ""))
    guard closed.contains(where: { $0.target == .other(.vrrp) }) else { return }
    found.add(
      "the new firewall of ", name,
      " drops VRRP: all hosts that share an address with VRRP would take the address at the same time"
    )
  }

  func otherSessions(_ found: inout WarningCollector) {
    let source = openings.source(of: .tcp(surroundings.sshPort ?? host.ssh.port))
    let own = ([observation.controllerAddress].compactMap(\.self) + surroundings.addresses)
      .compactMap { IPAddress($0) }
    let others = Set(surroundings.sshSources.compactMap { IPAddress($0) })
      .filter { !$0.isLoopback && !own.contains($0) && !source.contains($0) }.sorted()
    guard !others.isEmpty else { return }
    found.add(
      "SSH connections to ", name,
      " are open from \(others.map(\.description).joined(separator: ", ")), but its new firewall"
        + " denies new ones from there: add what is needed to firewall.ssh_from")
  }

  /// Warns about chains of other programs, because a packet has to pass every chain of its hook.
  func foreignChains(_ found: inout WarningCollector) {
    for chain in surroundings.foreignChains
    where chain.hook == .input && !isManaged(chain) && !comesAfter(chain) {
      let place = "the chain \(chain.name) of \(chain.table) on "
      if chain.dropsByDefault {
        found.add(
          place, name,
          " drops what its own rules do not accept, even if deploy's firewall accepts it: accept"
            + " \(openings.ports) there too, or remove the chain")
      } else if let rule = chain.droppingRules.first {
        let rest = chain.droppingRules.count - 1
        found.add(
          place, name,
          " drops packets that deploy's firewall accepts: \"\(rule)\""
            + (rest == 0 ? "" : " and \(rest) more \(rest == 1 ? "rule" : "rules")"))
      }
    }
  }

  /// Warns about chains, those of firewall managers included, that drop packets forwarded to a container.
  func foreignPassages(_ found: inout WarningCollector) {
    guard let container = host.container else { return }
    for chain in surroundings.foreignChains
    where chain.hook == .forward && chain.dropsByDefault && !comesAfter(chain) {
      found.add(
        "the chain \(chain.name) of \(chain.table) on ", name,
        " drops forwarded packets, also those that deploy forwards to \(container.host): accept"
          + " \(chain.isOfIPTables ? "conntrack's state DNAT" : "\"ct status dnat\"") there too, and"
          + " established connections")
    }
  }

  /// Whether a chain only sees packets that deploy's chain has neither accepted nor dropped: with iptables
  /// deploy's chain is the first rule.
  private func comesAfter(_ chain: HostSurroundings.ForeignChain) -> Bool {
    engine == .iptables && chain.isOfIPTables
  }

  /// Whether a chain belongs to a firewall manager, for which there is a warning of its own.
  private func isManaged(_ chain: HostSurroundings.ForeignChain) -> Bool {
    surroundings.firewallManagers.contains { manager in
      switch manager {
      case .docker: false
      case .ufw: chain.isOfIPTables
      case .firewalld: chain.table.split(separator: " ").last == "firewalld"
      }
    }
  }

  func managers(_ found: inout WarningCollector) {
    for manager in surroundings.firewallManagers.sorted(by: { $0.rawValue < $1.rawValue }) {
      switch manager {
      case .docker:
        found.add(
          "Docker is on ", name,
          ": the ports that its containers publish bypass deploy's firewall; restrict them in"
            + " Docker's own chain DOCKER-USER")
      case .ufw where engine == .iptables:
        guard scope == .drop else { continue }
        found.add(
          "ufw is active on ", name,
          ", and deploy's chain comes before ufw's: firewall.allow opens ports there, \"ufw allow\""
            + " does not")
      case .ufw:
        found.add(
          "ufw is active on ", name,
          " and drops what it does not allow, even if deploy's firewall accepts it: allow"
            + " \(openings.ports) there with \"ufw allow\", or turn it off with \"ufw disable\"")
      case .firewalld where engine == .iptables:
        found.add(
          "firewalld is active on ", name,
          ", rejects what it does not allow, and removes all iptables rules, including deploy's,"
            + " whenever it reloads: set \"engine: nftables\", or stop firewalld with \"systemctl disable"
            + " --now firewalld\"")
      case .firewalld:
        found.add(
          "firewalld is active on ", name,
          " and rejects what it does not allow, even if deploy's firewall accepts it: open"
            + " \(openings.ports) there with \"firewall-cmd --permanent --add-port\" and"
            + " \"firewall-cmd --reload\", or stop it with \"systemctl disable --now firewalld\"")
      }
    }
  }
}

extension HostSurroundings.ForeignChain {
  /// Whether iptables made it, with either of its kernel interfaces (legacy or nft).
  fileprivate var isOfIPTables: Bool {
    ["ip filter", "ip6 filter", "iptables", "ip6tables"].contains(table)
  }
}
