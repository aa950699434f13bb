import CAStore
import Fleet
import Inventories
import Planning
import State

/// Asks the hosts that a run is about, and judges what they say before anything is planned from it.
struct FleetSurveyor {
  let workspace: Workspace
  let scope: RunScope

  /// The hosts that are meant, those included that have left the inventory.
  func hosts(_ state: FleetState) -> [(name: HostName, connection: HostAccess)] {
    let inventory = workspace.inventory
    let declared = inventory.hosts.filter(scope.selector.matches).map {
      (name: $0.name, connection: $0.access)
    }
    return declared + inventory.connectionsToLeft(state).filter { scope.selector.matches($0.name) }
  }

  func refuseUnknownHosts(_ state: FleetState) throws {
    let unknown = scope.selector.unmatchedNames(
      among: workspace.inventory.hosts, others: Array(state.hosts.keys))
    guard unknown.isEmpty else {
      throw Failure(
        .usage, "there is no such host in this fleet: \(unknown.joined(separator: ", "))")
    }
  }

  /// Asks the hosts that are meant, and stops if the fleet shows that this copy of the state is behind.
  ///
  /// If that is overridden, the state takes in what those releases refuse and trust.
  func survey(_ fleet: any FleetHosts, _ state: inout FleetState) async throws -> Survey {
    try believed(try await judgedSurvey(fleet, state), &state)
  }

  /// What of a survey a command may go on with.
  private func believed(_ judged: JudgedSurvey, _ state: inout FleetState) throws -> Survey {
    try refuseLostState(state, judged.survey)
    try refuseOtherKey(judged)
    state.takeInDiscarded(judged.survey, at: .current)
    guard !judged.newer.isEmpty else { return judged.survey }
    guard scope.overridesNewer else { throw behind(judged.newer) }
    for newer in judged.newer {
      guard case .observed(let observation) = judged.survey[newer.host] else { continue }
      state.takeIn(newer, observation.shownManifest, at: .current)
    }
    try workspace.ca.takeIn(into: &state, now: .current)
    return judged.survey
  }

  /// The same without a stop, for commands that only show.
  func judgedSurvey(_ fleet: any FleetHosts, _ state: FleetState) async throws -> JudgedSurvey {
    try refuseUnknownHosts(state)
    return state.judge(try await asked(fleet, state), addresses: addresses)
  }

  /// Asks the hosts that are meant; what keeps this machine from asking any of them is said once.
  func asked(_ fleet: any FleetHosts, _ state: FleetState) async throws -> Survey {
    let survey = await fleet.survey(hosts(state))
    if let cause = await fleet.localCause(of: survey) {
      throw Failure(.failed, "no host was asked: \(cause)")
    }
    return survey
  }

  /// Of the hosts in the inventory.
  private var addresses: [HostName: IPAddress] {
    Dictionary(uniqueKeysWithValues: workspace.inventory.hosts.map { ($0.name, $0.address) })
  }

  private func behind(_ newer: [NewerRelease]) -> Failure {
    Failure(
      .failed,
      "this copy of the state is behind the fleet; nothing was changed:\n"
        + newer.map { "    \($0)\n" }.joined()
        + "Take the newer \(workspace.statePath) (from version control, or from who made these releases),"
        + " or catch up from the hosts with\n    deploy state rebuild --inventory"
        + " \(workspace.inventoryPath)\n--override-newer replaces these releases by what this inventory"
        + " says")
  }

  private func refuseOtherKey(_ judged: JudgedSurvey) throws {
    guard !judged.underOtherKey.isEmpty else { return }
    throw Failure(
      .failed,
      "most hosts carry releases that are signed by a fleet key that is not known here; nothing was"
        + " changed:\n"
        + judged.underOtherKey.map { host in
          guard case .observed(let observation) = judged.survey[host],
            let manifest = observation.shownManifest?.manifest
          else { return "    \(host)\n" }
          return "    \(NewerRelease(host: host, manifest: manifest, stateSerial: 0).claim)\n"
        }.joined()
        + "The CA was made again elsewhere, or this inventory is used with another folder than its own:"
        + " take \(workspace.statePath) and \(workspace.ca.path) from there, or look at what the"
        + " hosts claim, and decide, with\n    deploy state rebuild --inventory"
        + " \(workspace.inventoryPath)")
  }

  /// A second lineage beside the lost one could never be brought together with it again.
  private func refuseLostState(_ state: FleetState, _ survey: Survey) throws {
    guard state.serial == 0 else { return }
    for (host, result) in survey.sorted(by: { $0.key < $1.key }) {
      guard case .observed(let observation) = result, observation.currentRelease != nil,
        let manifest = observation.shownManifest?.manifest, manifest.fleet == state.fleet
      else { continue }
      throw Failure(
        .failed,
        "\(workspace.statePath) does not exist, but \(host) carries release"
          + " \(manifest.release.number) of this fleet: recreate the state with\n    deploy state"
          + " rebuild --inventory \(workspace.inventoryPath)")
    }
  }

  /// A generation of which nothing but an identifier is known cannot be kept for overlap: its hosts would
  /// lose each other.
  func refuseUnknownGenerations(_ state: FleetState, _ survey: Survey) throws {
    let known = Set(
      state.caGenerations.map(\.keyIdentifier) + state.retiredCAs.map(\.keyIdentifier))
    var hosts: [String: [HostName]] = [:]
    for host in workspace.inventory.hosts.map(\.name) {
      for identifier in state.release(on: host, survey)?.facts.trusts ?? []
      where !known.contains(identifier) {
        hosts[identifier, default: []].append(host)
      }
    }
    guard let (identifier, names) = hosts.min(by: { $0.key < $1.key }) else { return }
    throw Failure(
      .failed,
      "\(names.sorted().joined(separator: ", ")) \(names.count == 1 ? "trusts" : "trust") a CA"
        + " generation (key identifier \(identifier)) whose certificate is neither in"
        + " \(workspace.ca.path) nor in \(workspace.statePath), so it cannot be kept while the fleet"
        + " moves to another one: restore the folder or the state from a backup, or ask the hosts with\n"
        + "    deploy state rebuild --inventory \(workspace.inventoryPath)")
  }
}

extension FleetState {
  /// Takes in a release that another copy of the state has installed, and what it says of the fleet.
  mutating func takeIn(_ newer: NewerRelease, _ shown: ShownManifest?, at now: Timestamp) {
    guard let manifest = shown?.manifest, let digest = shown?.digest else { return }
    learn(manifest.knowledge, at: now)
    serial = max(serial, manifest.serial)
    expect(digest, fromSerial: manifest.serial, on: newer.host)
    settle(digest, on: newer.host)
  }
}
