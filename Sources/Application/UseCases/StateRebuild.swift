import Certificates
import Fleet
import Inventories
import Nginx
import Planning
import State

/// Rebuilds the state from the manifests on the hosts, starting from an outdated state or from
/// none. ``RebuildState`` makes it.
///
/// Manifests with a valid signature of a fleet key are believed: the newest release of each host,
/// and which certificates are revoked, which CA generations are retired and which are trusted.
/// Unsigned ones, and ones with an unknown key, need the user's consent (``claims``). Revocations
/// that the state already has are kept.
struct StateRebuild {
  private(set) var state: FleetState
  /// What was added, and what was not and why; one line each.
  private(set) var found: [String] = []
  private(set) var missing: [String] = []
  /// Whether there was no state, so that even its lineage comes from the hosts.
  let isLost: Bool
  private let survey: Survey
  private let hosts: [Member]
  private let addresses: [HostName: IPAddress]
  private let now: Timestamp

  /// A host of the inventory, or a removed one that is not cleaned up yet.
  private struct Member {
    var name: HostName
    var address: IPAddress
    var roles: HostRoles
  }

  init(_ state: FleetState, _ survey: Survey, _ inventory: Inventory, now: Timestamp) {
    self.state = state
    isLost = state.serial == 0
    self.survey = survey
    self.now = now
    let declared = inventory.hosts.map {
      Member(name: $0.name, address: $0.address, roles: $0.allRoles)
    }
    addresses = Dictionary(uniqueKeysWithValues: declared.map { ($0.name, $0.address) })
    let left = inventory.connectionsToLeft(state).compactMap { name, _ in
      state.hosts[name].map { Member(name: name, address: $0.address, roles: $0.roles) }
    }
    hosts = declared + left
  }

  /// How many hosts may have a release.
  var count: Int { hosts.count }

  /// The manifests of this fleet on the hosts, signed or not.
  private var shown: [(host: Member, shown: ShownManifest, manifest: Manifest)] {
    hosts.compactMap { host in
      guard case .observed(let observation) = survey[host.name],
        observation.currentRelease != nil, let shown = observation.shownManifest,
        let manifest = shown.manifest, manifest.fleet == state.fleet
      else { return nil }
      return (host, shown, manifest)
    }
  }

  /// A line for each host whose manifest is needed but cannot be verified.
  var claims: [String] {
    guard let key = unprovenKey else {
      guard isLost, !shown.contains(where: { $0.shown.signature.isValid }) else { return [] }
      return shown.filter { $0.shown.signature == .missing }.map { claim(of: $0) + ", not signed" }
    }
    return shown.filter { $0.shown.signature == .unknown(publicKey: key) }.map {
      claim(of: $0) + ", signed by the unknown key \(key.prefix(16))…"
    }
  }

  private func claim(of entry: (host: Member, shown: ShownManifest, manifest: Manifest)) -> String {
    NewerRelease(host: entry.host.name, manifest: entry.manifest, stateSerial: 0).claim
  }

  /// The unknown key with the most manifests, if it signed more of them than the known keys.
  private var unprovenKey: String? {
    var counts: [String: Int] = [:]
    var proven = 0
    for entry in shown {
      switch entry.shown.signature {
      case .unknown(let key): counts[key, default: 0] += 1
      case .valid: proven += 1
      case .missing, .invalid: break
      }
    }
    let most = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
    return most.flatMap { $0.value > proven ? $0.key : nil }
  }

  /// Adds what the hosts report.
  ///
  /// - Parameter believing: whether the ``claims`` are believed.
  mutating func run(believing: Bool) throws {
    let trusted = believing ? unprovenKey : nil
    var survey = survey
    if let trusted {
      for entry in shown where entry.shown.signature == .unknown(publicKey: trusted) {
        state.fleetKeys.learn(entry.manifest.knowledge.keys)
      }
      if !state.fleetKeys.contains(where: { $0.publicKey == trusted }) {
        state.fleetKeys.learn([FleetKey(generation: 1, publicKey: trusted)])
      }
      let keys = state.fleetKeys
      survey = survey.mapValues { $0.recognizing(keys) }
    }
    if isLost { state.lineage = try lineage(survey, believing: believing) ?? state.lineage }
    let judged = state.judge(survey, addresses: addresses)
    let newer = Dictionary(uniqueKeysWithValues: judged.newer.map { ($0.host, $0) })
    state.takeInDiscarded(survey, at: now)
    for host in hosts {
      take(host, judged.survey[host.name], newer[host.name], believing: believing)
    }
  }

  /// Takes what one host shows into the state, or notes why nothing was taken.
  ///
  /// - Parameter believing: whether the user believes claims that no known key has signed.
  private mutating func take(
    _ host: Member, _ result: SurveyResult?, _ newer: NewerRelease?, believing: Bool
  ) {
    let name = host.name
    switch result {
    case nil: return
    case .unreachable(let why): missing.append("\(name): \(why)")
    case .observed(let observation):
      if let newer {
        state.takeIn(newer, observation.shownManifest, at: now)
        found.append(newer.claim)
        record(newer.manifest, of: host)
        return
      }
      if let manifest = observation.manifest {
        if state.hosts[name]?.release != manifest.release { record(manifest, of: host) }
        return
      }
      guard let shown = observation.shownManifest, observation.currentRelease != nil else { return }
      if believing, isLost, shown.signature == .missing, let manifest = shown.manifest,
        manifest.fleet == state.fleet, manifest.host == nil
      {
        found.append(claim(of: (host, shown, manifest)) + ", not signed")
        record(manifest, of: host)
      } else {
        switch observation.manifestProblem {
        case .drift(let why): missing.append("\(name): its manifest \(why)")
        case .ofOthers(let why): missing.append("\(name): \(why)")
        case nil: missing.append("\(name): could not read its manifest")
        }
      }
    }
  }

  /// Records the release of a manifest as that of the host.
  private mutating func record(_ manifest: Manifest, of host: Member) {
    state.hosts[host.name] = HostRecord(
      address: host.address, roles: host.roles, release: manifest.release,
      appliedAt: manifest.madeAt, appliedBy: manifest.madeBy)
  }

  /// The lineage that a lost state had.
  private func lineage(_ survey: Survey, believing: Bool) throws -> String? {
    let lineages = Set(
      hosts.compactMap { host -> String? in
        guard case .observed(let observation) = survey[host.name],
          let shown = observation.shownManifest, let manifest = shown.manifest,
          manifest.fleet == state.fleet
        else { return nil }
        return shown.signature.isValid || believing && shown.signature == .missing
          ? manifest.lineage : nil
      })
    guard lineages.count <= 1 else {
      throw Failure(
        .failed,
        "the hosts have releases from several states, with the lineages"
          + " \(lineages.sorted().joined(separator: ", ")): find the state file of one of them, and give it with"
          + " --state")
    }
    return lineages.first
  }
}

extension ShownManifest.Signature {
  fileprivate var isValid: Bool { if case .valid = self { true } else { false } }
}

extension SurveyResult {
  /// The same result, with signatures of these keys recognized as valid.
  fileprivate func recognizing(_ keys: [FleetKey]) -> SurveyResult {
    guard case .observed(var observation) = self,
      case .unknown(let publicKey) = observation.shownManifest?.signature,
      let key = keys.first(where: { $0.publicKey == publicKey })
    else { return self }
    observation.shownManifest?.signature = .valid(key)
    return .observed(observation)
  }
}
