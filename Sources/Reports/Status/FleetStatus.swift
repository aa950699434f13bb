package import Fleet
package import State

/// How the hosts of a fleet are, compared with the state at one moment.
package struct FleetStatus: Hashable, Sendable {
  package let fleet: String
  /// When the signing generation of the CA expires; nil if there is none.
  package let caEnds: Timestamp?
  package let now: Timestamp
  /// Whether no host was asked, so that all of it is from the state.
  package let isOffline: Bool
  /// In the order of the inventory, then hosts that have left it.
  package let hosts: [HostStatus]
  /// The back-ends among the hosts that front-ends send no requests to.
  package let drained: [HostName: HostDrain]
  /// The sites that are in maintenance.
  package let maintenance: [SiteMaintenance]

  /// Compares what hosts reported with the state.
  ///
  /// - Parameters:
  ///   - hosts: the names of the hosts, in the order in which they are shown.
  ///   - now: the time from which days are counted.
  package init(
    _ state: FleetState, _ judged: JudgedSurvey, hosts: [HostName], now: Timestamp
  ) {
    let newer = Dictionary(uniqueKeysWithValues: judged.newer.map { ($0.host, $0) })
    self.init(
      state, now, isOffline: false,
      hosts.map { HostStatus($0, judged.survey[$0], state.hosts[$0], newer[$0], now) })
  }

  /// What the state has of the hosts, without asking them.
  package init(_ state: FleetState, hosts: [HostName], now: Timestamp) {
    self.init(
      state, now, isOffline: true,
      hosts.map { HostStatus($0, recorded: state.hosts[$0], now) })
  }

  private init(_ state: FleetState, _ now: Timestamp, isOffline: Bool, _ hosts: [HostStatus]) {
    fleet = state.fleet
    caEnds = state.signingCA?.notAfter
    self.now = now
    self.isOffline = isOffline
    self.hosts = hosts
    let shown = Set(hosts.map(\.host))
    drained = state.drained.filter { shown.contains($0.key) }
    maintenance = state.maintenance
  }

  /// Whether every host is reachable and as it was installed, and no certificate or CA has expired.
  package var isHealthy: Bool {
    hosts.allSatisfy(\.isHealthy) && caEnds.map { $0 > now } ?? true
  }

  /// Whether no host was asked and the state has no release of one, as if it were lost.
  package var hasNothingRecorded: Bool {
    isOffline && !hosts.isEmpty && hosts.allSatisfy { $0.recorded == nil }
  }

  /// How many hosts have each standing, the worst first.
  package var counts: [(standing: HostStanding, count: Int)] { Self.counts(of: hosts) }

  package static func counts(
    of hosts: some Sequence<HostStatus>
  ) -> [(standing: HostStanding, count: Int)] {
    let counts = Dictionary(grouping: hosts, by: \.standing).mapValues(\.count)
    return HostStanding.allCases.compactMap { standing in counts[standing].map { (standing, $0) } }
  }
}
