import Fleet
import Inventories
import Nginx
import State

/// What a host that takes part has now: according to its signed manifest, or else to the state.
struct InstalledHost {
  let host: Host
  let observation: HostObservation
  /// The release that the state has recorded for it.
  private let recorded: ReleaseRecord?

  init(_ host: Host, _ observation: HostObservation, _ state: FleetState) {
    self.host = host
    self.observation = observation
    recorded = state.hosts[host.name]?.release
  }

  /// The current release, if a signed manifest proves it.
  var present: ReleaseRecord? { observation.manifest?.release }

  /// The version of its nginx; the oldest that is supported if it does not say.
  var nginx: Version { observation.nginxVersion.flatMap { Version($0) } ?? .oldest }

  /// The number of the first release that the host gets in this run.
  var nextRelease: Int {
    max(observation.latestRelease, observation.currentRelease ?? 0, recorded?.number ?? 0) + 1
  }

  /// The current release of a host whose manifest is not accepted: the recorded one, or the one of the
  /// manifest if the state has none, because other hosts may rely on what it does. It only serves to plan
  /// the order of changes; nothing is signed or recorded because of it.
  var unproven: ReleaseRecord? {
    guard case .drift = observation.manifestProblem else { return nil }
    return [recorded, observation.shownManifest?.manifest?.release].compactMap(\.self)
      .first { $0.number == observation.currentRelease }
  }

  /// The release that decides what the host does for others, even if its manifest is not accepted.
  var known: ReleaseRecord? {
    present ?? unproven ?? (observation.currentRelease == nil ? nil : recorded)
  }

  /// The host as the edge model sees it.
  var endpoint: Endpoint {
    guard let known else { return .nothing }
    var endpoint = Endpoint(known)
    // A certificate or key that was changed on the host cannot be kept: its edges count as broken.
    let drifted = Set(observation.driftedFiles)
    for role in Role.allCases {
      let files = [ReleasePath.certificate(for: role), .key(for: role)].map(\.relative)
      guard !drifted.isDisjoint(with: files) else { continue }
      if role == .frontEnd { endpoint.client = nil } else { endpoint.server = nil }
    }
    // The same machine answers at its present address, even if the release was made for another one.
    endpoint.addresses.insert(host.address)
    endpoint.addresses.formUnion(ownAddresses)
    return endpoint
  }

  /// The source address that its front-end must use if the host has several: back-ends accept one, and
  /// which one the kernel would choose is not known.
  var source: IPAddress? {
    let own = ownAddresses.filter { $0.bitWidth == host.address.bitWidth }
    return own.count > 1 && own.contains(host.address) ? host.address : nil
  }

  private var ownAddresses: [IPAddress] {
    observation.surroundings.addresses.compactMap { IPAddress($0) }
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
