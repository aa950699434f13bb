import Diagnostics
import Fleet
import Inventories
package import Planning
import Playbooks
package import State

/// Plans of the planner itself for fleets of equal hosts, with fixed times.
package enum LargeFleet {
  private static let now = SamplePlan.now

  package static let caGenerations = [1, 2].map { generation in
    CAGeneration(
      generation: generation, commonName: "Shop CA \(generation)", keyIdentifier: "a\(generation)",
      fingerprint: "f\(generation)", notBefore: now,
      notAfter: now.adding(seconds: 3650 * 86_400), certificate: "PEM of \(generation)\n",
      status: generation == 1 ? .retiring : .signing)
  }

  /// The first plan of a fleet: all but a tenth of the hosts, or one, are back-ends.
  package static func firstPlan(hosts count: Int) -> Plan {
    var state = FleetState(fleet: "shop", lineage: "l-1")
    state.caGenerations = [caGenerations[1]]
    return plan(hosts: count, state, .rolling)
  }

  /// The plan that replaces the CA of a fleet.
  package static func rotation(hosts count: Int) -> Plan {
    var state = FleetState(fleet: "shop", lineage: "l-1")
    state.caGenerations = [caGenerations[0]]
    state.caGenerations[0].status = .signing
    for step in plan(hosts: count, state, .rolling).steps {
      state.hosts[step.host] = record(of: step)
    }
    state.caGenerations = caGenerations
    return plan(hosts: count, state, .rotatingCA)
  }

  private static func plan(hosts count: Int, _ state: FleetState, _ playbook: Playbook) -> Plan {
    guard
      let inventory = Inventory.read(SourceText(file: "shop.yml", text: inventory(hosts: count))).0
    else {
      fatalError("The inventory is wrong.")
    }
    return Planner.offline(
      PlanningInput(
        DesiredFleet(inventory, playbook, Materials()), state, ObservedFleet([:], at: now),
        now: now, digest: digest))
  }

  private static func inventory(hosts count: Int) -> String {
    let frontEnds = max(1, min(4, count / 10))
    let lines =
      ["fleet: shop", "ca: {name: Shop CA}", "firewall: {policy: drop}", "front_ends:"]
      + (1...frontEnds).map { "  edge-\($0): {address: 198.18.0.\($0)}" } + ["back_ends:"]
      + (1...(count - frontEnds)).map { "  app-\($0): {address: 198.18.1.\($0)}" }
      + [
        "sites:", "  shop.example:", "    front_ends: all", "    back_ends: all",
        "    certificate: {ca: true}", "    back_end: {root: /srv/shop}",
      ]
    return lines.map { $0 + "\n" }.joined()
  }

  /// As good as SHA-256 where only equality within one run counts.
  @Sendable private static func digest(_ text: String) -> String {
    String(UInt(bitPattern: text.hashValue), radix: 16)
  }

  private static func record(of step: PlannedStep) -> HostRecord {
    guard let number = step.goal.release else { fatalError("\(step.host) gets no release.") }
    var release = ReleaseRecord(
      number: number, files: [:], certificates: [:], facts: step.facts)
    for file in step.files {
      let digest = if case .text(let text) = file.source { digest(text) } else { "d" }
      release.files[file.path] = FileRecord(digest: digest, isSecret: file.isSecret)
    }
    for certificate in step.certificates {
      release.certificates[certificate.path] = CertificateRecord(
        serial: digest(step.host.text), issuer: caGenerations[0].commonName,
        issuerKeyIdentifier: caGenerations[0].keyIdentifier, commonName: certificate.commonName,
        names: certificate.names, key: certificate.key, notBefore: now,
        notAfter: now.adding(seconds: certificate.validFor))
    }
    return HostRecord(
      address: step.connection.address, roles: step.roles, release: release, appliedAt: now,
      appliedBy: "ann@laptop")
  }
}
