import Diagnostics
import Fleet
import FleetLiterals
import Inventories
import Planning

@testable import Reports
@testable import State

/// A fleet as reports and metrics show it, with fixed times.
struct ReportScene {
  static let now = Timestamp(secondsSince1970: 1_796_083_200)
  private static let day: Int64 = 86_400

  var inventory: Inventory
  var state: FleetState
  var survey: Survey
  var edges: EdgeSurvey?
  var runs: [RecentRun] = []
  var isOffline = false

  /// Every host of the inventory is as installed.
  ///
  /// - Parameter daysLeft: how long the certificate of a host is valid, by the position of the host.
  init(_ text: String, daysLeft: (Int) -> Int64 = { 200 + Int64($0 % 90) }) {
    guard let inventory = Inventory.read(SourceText(file: "shop.yml", text: text)).inventory else {
      fatalError("The inventory is wrong.")
    }
    self.inventory = inventory
    state = FleetState(fleet: inventory.fleet.text, lineage: "l-1")
    state.caGenerations = [
      CAGeneration(
        generation: 1, commonName: "Shop CA", keyIdentifier: "a1", fingerprint: "f1",
        notBefore: Self.now, notAfter: Self.later(3000), certificate: "PEM")
    ]
    survey = [:]
    for (index, host) in inventory.hosts.enumerated() {
      let record = Self.record(of: host, daysLeft: daysLeft(index))
      state.hosts[host.name] = record
      survey[host.name] = .observed(Self.observation(of: record.release, on: host.name))
    }
  }

  static func later(_ days: Int64) -> Timestamp { now.adding(seconds: days * day) }

  private static func record(of host: Host, daysLeft: Int64) -> HostRecord {
    let certificate = CertificateRecord(
      serial: "4f", issuer: "Shop CA", issuerKeyIdentifier: "a1", commonName: host.name.text,
      names: [], key: "ecdsa-p256", notBefore: now, notAfter: later(daysLeft))
    var release = ReleaseRecord(number: 12, files: [:], certificates: [:])
    release.files["nginx/deploy.conf"] = FileRecord(digest: "d", isSecret: false)
    for role in host.roles { release.certificates["tls/\(role.rawValue).crt"] = certificate }
    return HostRecord(
      address: host.address, roles: HostRoles(host.roles), release: release,
      appliedAt: later(-20), appliedBy: "ann@laptop")
  }

  private static func observation(of release: ReleaseRecord, on host: HostName) -> HostObservation {
    HostObservation(
      clock: now, nginxVersion: "1.22.1", nginxIsRunning: true, servedReleases: [release.number],
      currentRelease: release.number,
      manifest: Manifest(
        fleet: "shop", lineage: "l-1", host: host, serial: 4, madeAt: now, madeBy: "ann@laptop",
        release: release), includesRelease: true, firewall: .asInstalled)
  }

  mutating func damage(_ host: HostName, _ change: (inout HostObservation) -> Void) {
    guard case .observed(var observation) = survey[host] else { fatalError("no \(host)") }
    change(&observation)
    survey[host] = .observed(observation)
  }

  /// Tries every edge and every site; `problems` says what is wrong with one.
  mutating func verify(_ problems: (DomainName, HostName?, HostName) -> [String]) {
    var trials: [EdgeSurvey.Trial] = []
    for site in inventory.sites {
      for frontEnd in site.frontEnds {
        let isTried = if case .observed = survey[frontEnd] { true } else { false }
        trials.append(
          .init(
            site: site.domain, from: nil, to: frontEnd, isTried: isTried,
            problems: problems(site.domain, nil, frontEnd)))
        for upstream in site.upstreams {
          trials.append(
            .init(
              site: site.domain, from: frontEnd, to: upstream.host, isTried: isTried,
              problems: problems(site.domain, frontEnd, upstream.host)))
        }
      }
    }
    edges = EdgeSurvey(
      trials: trials, openings: [], edgeCount: trials.count { $0.from != nil })
  }

  mutating func addRun(
    _ command: [String], daysAgo: Int64, exit: Int32?, _ results: [(HostName, String)] = [],
    failure: String? = nil, by user: String = "ann"
  ) {
    guard let id = RunID("20261130-14020\(runs.count % 10)-k7rf") else { fatalError("no run") }
    let start = Self.later(-daysAgo)
    runs.append(
      RecentRun(
        RunRecord(
          start: RunStart(
            id: id, fleet: "shop", user: user, machine: "laptop",
            process: RunProcess(id: 7, start: nil), command: command, version: "0.1.0",
            startedAt: start),
          end: exit.map { exit in
            RunEnd(
              endedAt: start.adding(seconds: 95), exit: exit,
              results: results.map { RunResult(host: $0.0, result: $0.1, detail: "") },
              failure: failure)
          }), .notEnded))
  }

  var status: FleetStatus {
    let names = inventory.hosts.map(\.name)
    return isOffline
      ? FleetStatus(state, hosts: names, now: Self.now)
      : FleetStatus(state, JudgedSurvey(survey: survey), hosts: names, now: Self.now)
  }

  var expiries: [Expiry] {
    Expiry.all(
      of: state, inventory.ca.certificates,
      siteCertificates: Dictionary(
        uniqueKeysWithValues: inventory.sites.enumerated().map { index, site in
          (
            site.domain,
            Materials.SiteCertificate(
              certificate: "PEM", keyDigest: "ab", notAfter: Self.later(40 + Int64(index * 7 % 50)))
          )
        }), revocationLists: [1: Self.later(3000)], now: Self.now)
  }

  var report: FleetReport {
    FleetReport(
      inventory, state, status, expiries, edges: edges, runs: runs, version: "0.1.0")
  }

  var metrics: [MetricFamily] {
    FleetMetrics(state, status, expiries, runs: runs, version: "0.1.0").families
  }
}
