import Fleet
import Inventories
import Nginx
import State

/// What a host that takes part has now: by its own word as far as that is believed, and by what the state has
/// of it.
struct InstalledHost {
  let host: Host
  let observation: HostObservation
  /// The state's release of it.
  private let recorded: ReleaseRecord?

  init(_ host: Host, _ observation: HostObservation, _ state: FleetState) {
    self.host = host
    self.observation = observation
    recorded = state.hosts[host.name]?.release
  }

  /// The release in force, if it is proven.
  var present: ReleaseRecord? { observation.manifest?.release }

  /// The version of its nginx; the oldest that is supported if it does not say.
  var nginx: Version { observation.nginxVersion.flatMap { Version($0) } ?? .oldest }

  /// The number of the first release that the host gets in this run.
  var nextRelease: Int {
    max(observation.latestRelease, observation.currentRelease ?? 0, recorded?.number ?? 0) + 1
  }

  /// The release in force, if the host's own word for it is not believed: by the state; by that word all the
  /// same, if the state knows nothing of it, for others may rely on what it does. Nothing is signed or
  /// recorded by that.
  var unproven: ReleaseRecord? {
    guard case .drift = observation.manifestProblem else { return nil }
    return [recorded, observation.shownManifest?.manifest?.release].compactMap(\.self)
      .first { $0.number == observation.currentRelease }
  }

  /// What it does for others: a host whose manifest is not believed still does what it was given.
  var known: ReleaseRecord? {
    present ?? unproven ?? (observation.currentRelease == nil ? nil : recorded)
  }

  /// What it is for the edges.
  var endpoint: Endpoint {
    guard let known else { return .nothing }
    var endpoint = Endpoint(known)
    // What was changed on the host cannot be kept for the others: its edges count as broken.
    let drifted = Set(observation.driftedFiles)
    for role in Role.allCases {
      let files = [ReleasePath.certificate(for: role), .key(for: role)].map(\.relative)
      guard !drifted.isDisjoint(with: files) else { continue }
      if role == .frontEnd { endpoint.client = nil } else { endpoint.server = nil }
    }
    // The same machine answers at its address of now, whatever it was when the release was made.
    endpoint.addresses.insert(host.address)
    endpoint.addresses.formUnion(ownAddresses)
    return endpoint
  }

  /// The address that its front-end has to use, if the host has several: which the kernel would take is not
  /// known here, and back-ends let in one.
  var source: IPAddress? {
    let own = ownAddresses.filter { $0.bitWidth == host.address.bitWidth }
    return own.count > 1 && own.contains(host.address) ? host.address : nil
  }

  private var ownAddresses: [IPAddress] {
    observation.surroundings.addresses.compactMap { IPAddress($0) }
  }

  /// The ports that its nginx listens on for a release that it is seen to serve.
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
