import Diagnostics
import Fleet
import Foundation
import Hashing
import Inventories
import Planning
import Playbooks
import State
import StateFiles

/// Prepares what `scripts/bench-planner` measures, and measures it.
///
///     BenchPlanner fleet FOLDER HOSTS    an inventory, the same one changed, and the state of the first
///     BenchPlanner measure COMMAND...    runs it; prints seconds, seconds of a core, and the most KiB
switch CommandLine.arguments.dropFirst().first {
case "fleet":
  guard CommandLine.arguments.count == 4, let count = Int(CommandLine.arguments[3]) else {
    fatalError("fleet FOLDER HOSTS")
  }
  try makeFleet(in: CommandLine.arguments[2], hosts: count)
case "measure": try measure(Array(CommandLine.arguments.dropFirst(2)))
default: fatalError("fleet or measure")
}

/// Ten front-ends and 50 sites, each on two front-ends; the other hosts are back-ends of one site each.
func inventory(hosts count: Int, isChanged: Bool) -> String {
  let (frontEnds, sites) = (10, 50)
  func address(_ number: Int) -> String {
    "10.\(number / 65_536).\(number / 256 % 256).\(number % 256)"
  }
  var lines = [
    "fleet: bench", "ca: {name: Bench Center, passphrase: {env: DEPLOY_PASSPHRASE}}",
    "firewall: {policy: drop\(isChanged ? ", allow: [{port: 9100}]" : "")}", "front_ends:",
  ]
  lines += (0..<frontEnds).map { "  edge-\($0): {address: \(address($0 + 1))}" }
  lines.append("back_ends:")
  let backEnds = (0..<(count - frontEnds))
  lines += backEnds.map { "  app-\($0): {address: \(address($0 + 256))}" }
  lines.append("sites:")
  for site in 0..<sites {
    let own = backEnds.filter { $0 % sites == site }.map { "app-\($0)" }.joined(separator: ", ")
    lines += [
      "  site-\(site).example:",
      "    front_ends: [edge-\(site % frontEnds), edge-\((site + 1) % frontEnds)]",
      "    back_ends: [\(own)]", "    certificate: {ca: true}",
      "    back_end: {root: /srv/\(isChanged ? "other" : "bench")}",
    ]
  }
  return lines.map { $0 + "\n" }.joined()
}

func makeFleet(in folder: String, hosts count: Int) throws {
  for (name, isChanged) in [("bench.yml", false), ("changed.yml", true)] {
    try inventory(hosts: count, isChanged: isChanged)
      .write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
  }
  let source = inventory(hosts: count, isChanged: false)
  guard let inventory = Inventory.read(SourceText(file: "bench.yml", text: source)).0 else {
    fatalError("The inventory is wrong. This is a bug in the benchmark.")
  }
  let now = Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))
  var state = FleetState(fleet: "bench", lineage: "bench")
  state.caGenerations = [
    CAGeneration(
      generation: 1, commonName: "Bench Center", keyIdentifier: "a1", fingerprint: "f1",
      notBefore: now, notAfter: now.adding(seconds: 3650 * 86_400), certificate: "PEM\n")
  ]
  let plan = Planner.offline(
    PlanningInput(
      DesiredFleet(inventory, .rolling, Materials()), state, ObservedFleet([:], at: now),
      now: now, digest: { Digest.sha256(of: $0) }))
  for step in plan.steps { state.hosts[step.host] = record(of: step, state.caGenerations[0], now) }
  var file = try StateFile.read("\(folder)/bench.state.json", fleet: "bench")
  try file.write(state)
}

/// What the state would have of a host on which the step was carried out.
func record(of step: PlannedStep, _ ca: CAGeneration, _ now: Timestamp) -> HostRecord {
  var release = ReleaseRecord(
    number: step.goal.number, files: [:], certificates: [:], facts: step.facts)
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

func measure(_ command: [String]) throws {
  let process = Process()
  process.executableURL = URL(filePath: command[0])
  process.arguments = Array(command.dropFirst())
  process.standardOutput = FileHandle.nullDevice
  let start = ContinuousClock.now
  try process.run()
  process.waitUntilExit()
  let elapsed = (ContinuousClock.now - start).components
  guard process.terminationStatus == 0 else {
    fatalError("it ended with \(process.terminationStatus)")
  }
  var usage = rusage()
  getrusage(RUSAGE_CHILDREN.rawValue, &usage)
  let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
  let used = [usage.ru_utime, usage.ru_stime].map { Double($0.tv_sec) + Double($0.tv_usec) / 1e6 }
  print(String(format: "%.3f %.3f %d", seconds, used.reduce(0, +), usage.ru_maxrss))
}
