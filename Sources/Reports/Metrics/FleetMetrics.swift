import Fleet
package import Planning
package import State

/// The metrics of a fleet at one moment, for Prometheus.
package struct FleetMetrics: Sendable {
  private let state: FleetState
  private let status: FleetStatus
  private let expiries: [Expiry]
  private let runs: [RecentRun]
  private let version: String

  /// - Parameters:
  ///   - status: offline, if no host was asked; hosts have no metrics of their own then but the recorded release.
  ///   - runs: the newest first.
  ///   - version: of deploy.
  package init(
    _ state: FleetState, _ status: FleetStatus, _ expiries: [Expiry], runs: [RecentRun],
    version: String
  ) {
    self.state = state
    self.status = status
    self.expiries = expiries
    self.runs = runs
    self.version = version
  }

  /// In a fixed order. A family without samples is not known now.
  package var families: [MetricFamily] {
    FleetMetric.allCases.map { MetricFamily($0, samples(of: $0)) }
  }

  private typealias Sample = MetricFamily.Sample

  private func sample(_ value: Int64, _ labels: Sample.Label...) -> Sample {
    Sample(labels: [.init("fleet", status.fleet)] + labels, value: value)
  }

  private func samples(of metric: FleetMetric) -> [Sample] {
    switch metric {
    case .build: [sample(1, .init("version", version))]
    case .statusTime: [sample(status.now.secondsSince1970)]
    case .expiry: expiries.map { sample($0.notAfter.secondsSince1970, of: $0) }
    case .renewalDue: dueSamples
    case .host, .hostReachable, .hostHealthy, .hostDriftedFiles, .hostFirewall, .hostServes,
      .hostRelease, .hostRecordedRelease:
      status.hosts.flatMap { host in samples(of: metric, on: host) }
    case .lastRunStart: runs.prefix(1).map { sample($0.record.start.startedAt.secondsSince1970) }
    case .lastRunEnd: lastEnd.map { [sample($0.endedAt.secondsSince1970)] } ?? []
    case .lastRunExit: lastEnd.map { [sample(Int64($0.exit))] } ?? []
    case .lastRunSuccess: lastEnd.map { [sample($0.exit == 0 ? 1 : 0)] } ?? []
    case .lastRunUnfinished: runs.prefix(1).map { sample($0.outcome == .unfinished ? 1 : 0) }
    case .lastRunHosts:
      (lastEnd?.counts(in: []) ?? []).map { result, count in
        sample(Int64(count), .init("result", result))
      }
    case .lastSuccess:
      runs.lazy.filter { $0.outcome == .succeeded }.prefix(1).compactMap { run in
        run.record.end.map { sample($0.endedAt.secondsSince1970) }
      }
    }
  }

  private var lastEnd: RunEnd? { runs.lazy.compactMap(\.record.end).first }

  private func sample(_ value: Int64, of expiry: Expiry) -> Sample {
    sample(
      value, .init("kind", expiry.kind.rawValue), .init("host", expiry.host?.text ?? ""),
      .init("name", expiry.name))
  }

  /// Of two generations with one name, the one that is due counts.
  private var dueSamples: [Sample] {
    expiries.sorted { $0.urgency > $1.urgency }.reduce(
      into: (found: [Sample](), seen: Set<[Sample.Label]>())
    ) {
      let sample = sample($1.urgency > .none ? 1 : 0, of: $1)
      if $0.seen.insert(sample.labels).inserted { $0.found.append(sample) }
    }.found
  }

  /// What is not known of a host has no sample.
  private func samples(of metric: FleetMetric, on host: HostStatus) -> [Sample] {
    let name = Sample.Label("host", host.host.text)
    if metric == .hostRecordedRelease {
      return [sample(Int64(host.recorded?.value ?? 0), name)]
    }
    if metric == .host {
      guard let record = state.hosts[host.host] else { return [] }
      return [
        sample(
          1, name, .init("address", "\(record.address)"),
          .init("roles", record.roles.names.joined(separator: ",")))
      ]
    }
    guard host.isContacted else { return [] }
    if metric == .hostReachable { return [sample(host.isReachable ? 1 : 0, name)] }
    if metric == .hostHealthy { return [sample(host.isHealthy ? 1 : 0, name)] }
    guard host.isReachable else { return [] }
    let value: Int64? =
      switch metric {
      case .hostDriftedFiles: Int64(host.drift.count)
      // A host without a release has no firewall of deploy, which is as it should be.
      case .hostFirewall: host.release == nil ? nil : host.firewall == .asInstalled ? 1 : 0
      case .hostServes: host.release == nil ? nil : host.servesRelease == true ? 1 : 0
      default: Int64(host.release?.value ?? 0)
      }
    return value.map { [sample($0, name)] } ?? []
  }
}
