import Fleet
import Foundation
import Inventories
import Planning
import Playbooks
import State
import TestSupport
import Testing

/// One case file: the situation, one fact on each line, and the expected plan after `---`.
///
/// The fleet of `shop.yml` is applied first, unless the case says `applied: no`.
struct PlanCase: CustomTestStringConvertible {
  struct Mistake: Error { var line: String }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases")

  let file: URL
  var testDescription: String { file.deletingPathExtension().lastPathComponent }

  static func all() throws -> [PlanCase] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "case" }
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
      .map { PlanCase(file: $0) }
  }

  /// The situation and the expected plan.
  func parts() throws -> (given: String, expected: String) {
    let text = try String(contentsOf: file, encoding: .utf8)
    guard let line = text.range(of: "---\n") else { throw Mistake(line: "there is no ---") }
    return (String(text[..<line.lowerBound]), String(text[line.upperBound...]))
  }

  /// The difference to the expected plan; nil if there is none.
  func mismatch(_ plan: String) throws -> String? {
    try Golden.mismatch(try parts().given + "---\n" + plan, with: file)
  }

  func plan() throws -> String {
    let lines = try parts().given.split(separator: "\n").map(String.init)
      .filter { !$0.hasPrefix("#") }
    var scene = CaseScene(
      text: try String(contentsOf: Self.folder.appending(path: "shop.yml"), encoding: .utf8))
    for line in lines where line.hasPrefix("before ") {
      try scene.read(String(line.dropFirst("before ".count)))
    }
    if !lines.contains("applied: no") { try scene.applyNow() }
    for line in lines where !line.hasPrefix("before ") && line != "applied: no" {
      try scene.read(line)
    }
    return try scene.plan()
  }
}

/// A scenario as the lines of a case build it up.
struct CaseScene {
  private var text: String
  private var scenario = Scenario()
  private var view = PlanText()

  init(text: String) { self.text = text }

  private func inventory() throws -> Inventory {
    let (inventory, diagnostics) = Scenario.inventory(text)
    return try #require(inventory, "\(diagnostics)")
  }

  mutating func applyNow() throws {
    let inventory = try inventory()
    scenario.askHosts(of: inventory)
    scenario.apply(scenario.plan(inventory))
  }

  mutating func plan() throws -> String {
    let inventory = try inventory()
    scenario.askHosts(of: inventory)
    return view.text(scenario.plan(inventory))
  }

  /// `host app-1: drift tls/back_end.key`, `replace: /srv/shop => /srv/other`, `now: +350d`.
  mutating func read(_ line: String) throws {
    guard let colon = line.firstRange(of: ": ") else { throw PlanCase.Mistake(line: line) }
    let words = line[..<colon.lowerBound].split(separator: " ").map(String.init)
    let value = String(line[colon.upperBound...])
    switch (words[0], words.dropFirst().first) {
    case ("replace", nil): try replace(value, line)
    case ("host", let name?): try change(name, value)
    case ("snippet", let path?):
      let path = try #require(LocalPath(path))
      scenario.materials.snippets[path] = value + "\n"
    case ("certificate", let domain?):
      let fields = value.split(separator: " ").map(String.init)
      scenario.materials.siteCertificates[try #require(DomainName(domain))] = .init(
        certificate: "\(fields[0])\n", keyDigest: Scenario.digest(fields[1]),
        notAfter: Scenario.start.adding(seconds: try days(fields[2])),
        warnings: fields.count > 3 ? [fields[3...].joined(separator: " ")] : [])
    case ("now", nil): scenario.now = Scenario.start.adding(seconds: try days(value))
    case ("ca", "ends"):
      scenario.state.caGenerations[0].notAfter = Scenario.start.adding(seconds: try days(value))
    case ("ca", nil) where value == "renewed":
      scenario.state.caGenerations.append(Scenario.ca(2))
    case ("ca", nil) where value == "rotated":
      scenario.state.caGenerations[0].status = .retiring
      scenario.state.caGenerations.append(Scenario.ca(2))
    case ("revoke", nil):
      for host in value.split(separator: " ") {
        scenario.revoke(try #require(HostName(String(host))))
      }
    case ("drain", let force):
      for word in value.split(separator: " ") {
        scenario.state.drain(
          try #require(HostName(String(word))),
          HostDrain(since: scenario.now, by: "ann@laptop", isForced: force == "force"))
      }
    case ("maintenance", let site?):
      let domain = try #require(DomainName(site))
      guard value != "off" else { return scenario.state.endMaintenance(of: domain) }
      scenario.state.begin(
        SiteMaintenance(
          site: domain, since: scenario.now, by: "ann@laptop", page: "\(value)\n",
          allowed: ["198.51.100.0/24"].compactMap { AddressRange($0) }, retryAfter: 600))
    case ("undrain", nil):
      for word in value.split(separator: " ") {
        scenario.state.undrain(try #require(HostName(String(word))))
      }
    case ("applied", nil) where value == "again": try applyNow()
    case ("renew", nil):
      scenario.renews = Set(value.split(separator: " ").compactMap { Role(rawValue: String($0)) })
    case ("only", nil) where value == "renewals": scenario.isLimitedToRenewals = true
    case ("ca", nil) where value == "certificate renewed":
      scenario.state.caGenerations[0].certificate = "PEM of 1, renewed\n"
    case ("limit", nil): scenario.selector = try #require(Selector(value))
    case ("rollout", nil):
      let numbers = value.split(separator: " ").compactMap { Int($0) }
      scenario.playbook.rollout = Playbook.Rollout(
        canary: numbers[0], batch: .count(numbers[1]))
    case ("show", nil) where value == "diffs": view.showsDiffs = true
    case ("allow", nil) where value == "lockout": scenario.allowsLockout = true
    default: throw PlanCase.Mistake(line: line)
    }
  }

  private mutating func replace(_ value: String, _ line: String) throws {
    let parts = value.components(separatedBy: " => ").map {
      $0.replacingOccurrences(of: "\\n", with: "\n")
    }
    guard parts.count == 2, text.contains(parts[0]) else { throw PlanCase.Mistake(line: line) }
    text = text.replacingOccurrences(of: parts[0], with: parts[1])
  }

  private func days(_ text: String) throws -> Int64 {
    try #require(Int64(text.dropFirst().dropLast())) * 86_400
  }

  private mutating func change(_ host: String, _ what: String) throws {
    let name = try #require(HostName(host))
    let words = what.split(separator: " ").map(String.init)
    if words[0] == "unreachable" {
      scenario.survey[name] = .unreachable(words.dropFirst().joined(separator: " "))
      return
    }
    var host: HostObservation
    if case .observed(let known) = scenario.survey[name] {
      host = known
    } else {
      host = Scenario.freshHost()
    }
    let rest = Array(words.dropFirst())
    switch words[0] {
    case "nginx": host.nginxVersion = rest[0]
    case "without-nginx": (host.nginxVersion, host.missingTools) = (nil, ["nginx"])
    case "lacks": host.missingTools = rest
    case "not-root": host.isRoot = false
    case "late": host.clock = host.clock.adding(seconds: -(try #require(Int64(rest[0]))))
    case "rolled-back": host.lastResult = rest.joined(separator: " ")
    case "without-systemd": host.hasSystemd = false
    case "stopped": (host.nginxIsRunning, host.servedReleases) = (false, [])
    case "serves": host.servedReleases = rest.compactMap { ReleaseNumber($0) }
    case "interrupted": host.interruptedTransaction = rest[0]
    case "drift": host.driftedFiles += rest
    case "firewall": host.firewall = try #require(.init(rawValue: rest[0]))
    case "not-included": host.includesRelease = false
    case "of-others":
      (host.manifest, host.manifestProblem) = (nil, .ofOthers(rest.joined(separator: " ")))
    case "forged":
      (host.manifest, host.manifestProblem) = (nil, .drift(rest.joined(separator: " ")))
    case "of-version-0.1.0": host.manifest?.host = nil
    case "damaged-manifest": host.manifest = nil
    case "sees": host.controllerAddress = rest[0]
    case "has":
      let number: ReleaseNumber = try #require(ReleaseNumber(rest[0]))
      host.latestRelease = number
    default: try changeSurroundings(&host.surroundings, words[0], rest)
    }
    scenario.survey[name] = .observed(host)
  }
}

/// The program of a socket, behind its address and port; nil if there is none.
private func program(_ words: [String]) -> String? {
  words.count > 2 ? words.dropFirst(2).joined(separator: " ") : nil
}

/// What is on a host besides deploy's files.
private func changeSurroundings(
  _ surroundings: inout HostSurroundings, _ word: String, _ rest: [String]
) throws {
  switch word {
  case "listens":
    surroundings.listeners.append(
      .init(
        address: rest[0], port: try #require(Int(rest[1])),
        program: program(rest)))
  case "listens-udp", "listens-raw":
    surroundings.listeners.append(
      .init(
        kind: word == "listens-udp" ? .udp : .raw, address: rest[0],
        port: try #require(Int(rest[1])), program: program(rest)))
  case "route":
    surroundings.routes.append(
      .init(network: rest[0], gateway: rest.count > 1 ? rest[1] : nil))
  case "own-server":
    // Place, address, port, what it is (`-` for none) and the names of its server, and the directive.
    let place = rest[0].split(separator: ":")
    let kinds = rest[3].split(separator: ",")
    surroundings.nginxListens.append(
      .init(
        file: String(place[0]), line: try #require(Int(place[1])),
        text: rest.dropFirst(4).joined(separator: " "), address: rest[1],
        port: try #require(Int(rest[2])), isDefault: kinds.contains("default"),
        takesProxyProtocol: kinds.contains("proxy"), takesBothFamilies: kinds.contains("both"),
        isBehindRelease: kinds.contains("behind"),
        names: kinds.filter { $0.contains(".") }.map(String.init)))
  case "names-hash": surroundings.namesHash = rest[0]
  case "orphans":
    surroundings.orphanedPorts = [try #require(Int(rest[0]))]
    surroundings.orphanedWorkers = rest.dropFirst().compactMap { Int($0) }
  case "without-ipv6": surroundings.hasIPv6 = false
  case "sshd": surroundings.sshPort = Int(rest[0]).flatMap { Port($0) }
  case "ssh-from": surroundings.sshSources = rest
  case "addresses": surroundings.addresses = rest
  case "manager": surroundings.firewallManagers.insert(try #require(.init(rawValue: rest[0])))
  case "chain":
    // Table (a `/` for its space), name, hook, policy, and a rule that drops.
    surroundings.foreignChains.append(
      .init(
        table: rest[0].replacingOccurrences(of: "/", with: " "), name: rest[1],
        hook: try #require(.init(rawValue: rest[2])), dropsByDefault: rest[3] == "drop",
        droppingRules: rest.count == 4
          ? [] : rest.dropFirst(4).joined(separator: " ").components(separatedBy: "; ")))
  case "free":
    (surroundings.freeForReleases, surroundings.freeForWork) = (Int(rest[0]), Int(rest[1]))
  case "closed": surroundings.patchedVulnerabilities = Set(rest)
  default: throw PlanCase.Mistake(line: word)
  }
}
