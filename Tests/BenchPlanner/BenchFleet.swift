import Application
import Diagnostics
import Fleet
import Foundation
import Hashing
import Inventories
import Planning
import Playbooks
import State
import StateStores

/// A made-up fleet: ten front-ends, each site on two of them; back-ends and sites are dealt out to each other,
/// so that there are as many pairs as the larger number.
struct BenchFleet {
  let hosts: Int
  let sites: Int

  private let frontEnds = 10

  func inventory(isChanged: Bool) -> String {
    func address(_ number: Int) -> String {
      "10.\(number / 65_536).\(number / 256 % 256).\(number % 256)"
    }
    let backEnds = hosts - frontEnds
    var lines = [
      "fleet: bench", "ca: {name: Bench Center, passphrase: {env: DEPLOY_PASSPHRASE}}",
      "firewall: {policy: drop\(isChanged ? ", allow: [{port: 9100}]" : "")}", "front_ends:",
    ]
    lines += (0..<frontEnds).map { "  edge-\($0): {address: \(address($0 + 1))}" }
    lines.append("back_ends:")
    lines += (0..<backEnds).map { "  app-\($0): {address: \(address($0 + 256))}" }
    var served = Array(repeating: [String](), count: sites)
    for pair in 0..<max(backEnds, sites) {
      served[pair % sites].append("app-\(pair % backEnds)")
    }
    lines.append("sites:")
    for site in 0..<sites {
      lines += [
        "  site-\(site).example:",
        "    front_ends: [edge-\(site % frontEnds), edge-\((site + 1) % frontEnds)]",
        "    back_ends: [\(served[site].joined(separator: ", "))]",
        "    certificate: {ca: true}",
        "    back_end: {root: /srv/\(isChanged ? "other" : "bench")}",
      ]
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Writes `bench.yml`, `changed.yml` and the state of a fleet that was deployed from the first.
  func write(to folder: String) throws {
    for (name, isChanged) in [("bench.yml", false), ("changed.yml", true)] {
      try inventory(isChanged: isChanged)
        .write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }
    let now = Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))
    var state = FleetState(fleet: "bench", lineage: "bench")
    state.caGenerations = [
      CAGeneration(
        generation: 1, commonName: "Bench Center", keyIdentifier: "a1", fingerprint: "f1",
        notBefore: now, notAfter: now.adding(seconds: 3650 * 86_400), certificate: "PEM\n")
    ]
    var first = try StateFile.read("\(folder)/first.state.json", fleet: "bench")
    try first.write(state)
    let plan = Planner.offline(
      PlanningInput(
        DesiredFleet(try readInventory("\(folder)/bench.yml"), .rolling, Materials()), state,
        ObservedFleet([:], at: now), now: now, on: AllCores(), digest: { Digest.sha256(of: $0) }))
    for host in plan.hosts {
      for step in host.plannedSteps {
        state.hosts[host.host] = record(of: step, state.caGenerations[0], now)
      }
    }
    var file = try StateFile.read("\(folder)/bench.state.json", fleet: "bench")
    try file.write(state)
  }
}

func readInventory(_ path: String) throws -> Inventory {
  let text = try String(contentsOfFile: path, encoding: .utf8)
  guard let inventory = Inventory.read(SourceText(file: "bench.yml", text: text)).0 else {
    fatalError("The inventory is wrong. This is a bug in the benchmark.")
  }
  return inventory
}

/// What the state would have of a host on which the step was carried out.
private func record(of step: PlannedStep, _ ca: CAGeneration, _ now: Timestamp) -> HostRecord {
  guard let number = step.goal.release else { fatalError("\(step.host) gets no release.") }
  var release = ReleaseRecord(
    number: number, files: [:], certificates: [:], facts: step.facts)
  for file in step.files {
    let digest = if case .text(let text) = file.source { Digest.sha256(of: text) } else { "d" }
    release.files[file.path] = FileRecord(digest: digest, isSecret: file.isSecret)
  }
  for certificate in step.certificates {
    release.certificates[certificate.path] = CertificateRecord(
      serial: "1", issuer: ca.commonName, issuerKeyIdentifier: ca.keyIdentifier,
      commonName: certificate.commonName, names: certificate.names, key: certificate.key,
      notBefore: now, notAfter: now.adding(seconds: certificate.validFor))
  }
  return HostRecord(
    address: step.connection.address,
    roles: step.roles, release: release, appliedAt: now, appliedBy: "bench")
}
