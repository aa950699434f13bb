import Fleet
import Inventories
import Nginx
import State

/// What a host that takes part has now: according to its signed manifest, or else to the state. Computed
/// once for each plan.
final class InstalledHost: Sendable {
  let host: Host
  let observation: HostObservation
  /// The version of its nginx; the oldest that is supported if it does not say.
  let nginx: Version
  /// The number of the first release that the host gets in this run.
  let nextRelease: ReleaseNumber
  /// The current release of a host whose manifest is not accepted: the recorded one, or the one of the
  /// manifest if the state has none, because other hosts may rely on what it does. It only serves to plan
  /// the order of changes; nothing is signed or recorded because of it.
  let unproven: ReleaseRecord?
  /// The host as the edge model sees it.
  let endpoint: Endpoint
  /// Its addresses that the connections of its front-end are bound to, because it has others of the same family:
  /// back-ends accept one, and which one the kernel would choose is not known.
  let binding: Set<IPAddress>

  init(_ host: Host, _ observation: HostObservation, _ state: FleetState) {
    self.host = host
    self.observation = observation
    nginx = observation.nginxVersion.flatMap { Version($0) } ?? .oldest
    let recorded = state.hosts[host.name]?.release
    nextRelease =
      [observation.latestRelease, observation.currentRelease, recorded?.number]
      .compactMap(\.self).max()?.following() ?? .first
    let unproven = Self.unproven(observation, recorded)
    self.unproven = unproven
    let addresses = observation.surroundings.addresses.compactMap { IPAddress($0) }
    // Other hosts rely on what a host does, even if its manifest is not accepted.
    let known =
      observation.manifest?.release ?? unproven
      ?? (observation.currentRelease == nil ? nil : recorded)
    endpoint =
      known.map { Self.endpoint($0, of: host, observation, addresses) } ?? .nothing
    binding = Self.binding(of: host, addresses)
  }

  /// The current release, if a signed manifest proves it.
  var present: ReleaseRecord? { observation.manifest?.release }

  /// - Parameter addresses: those that the host reports.
  private static func binding(of host: Host, _ addresses: [IPAddress]) -> Set<IPAddress> {
    let all = host.allAddresses
    return Set(
      all.filter { address in
        guard addresses.contains(address) else { return false }
        let family = addresses.filter { $0.bitWidth == address.bitWidth }
        // Of a host with both families only one can be bound, so an address that the kernel never chooses for a
        // connection to another network does not count.
        let others = all.count > 1 ? family.filter { $0.ofOneHost != nil } : family
        return others.count > 1
      })
  }

  private static func unproven(
    _ observation: HostObservation, _ recorded: ReleaseRecord?
  ) -> ReleaseRecord? {
    guard case .drift = observation.manifestProblem else { return nil }
    return [recorded, observation.shownManifest?.manifest?.release].compactMap(\.self)
      .first { $0.number == observation.currentRelease }
  }

  private static func endpoint(
    _ known: ReleaseRecord, of host: Host, _ observation: HostObservation,
    _ addresses: [IPAddress]
  ) -> Endpoint {
    var endpoint = Endpoint(known)
    // A certificate or key that was changed on the host cannot be kept: its edges count as broken.
    let drifted = Set(observation.driftedFiles)
    for role in Role.allCases {
      let files = [ReleasePath.certificate(for: role), .key(for: role)].map(\.relative)
      guard !drifted.isDisjoint(with: files) else { continue }
      if role == .frontEnd { endpoint.client = nil } else { endpoint.server = nil }
    }
    // The same machine answers at its present address, even if the release was made for another one.
    endpoint.addresses.formUnion(host.allAddresses)
    endpoint.addresses.formUnion(addresses)
    return endpoint
  }

  /// The ports that its nginx already listens on for the current release.
  var servedPorts: Set<Port> {
    guard let present, observation.servedReleases.contains(present.number) else { return [] }
    return present.facts.listeningPorts
  }
}

extension EdgeFacts {
  /// The ports that nginx listens on for a release.
  var listeningPorts: Set<Port> {
    let visitors: [Port] = routes.isEmpty ? [] : [.http, .https]
    return Set(visitors + services.map(\.port))
  }
}
