import CAStore
import Fleet
import Inventories
import Planning
import State

/// Surveys the hosts of a run, and checks what they report before a plan is made from it.
struct FleetSurveyor {
  let workspace: Workspace
  let scope: RunScope

  /// The selected hosts, including hosts that were removed from the inventory and are not cleaned
  /// up yet.
  func hosts(_ state: FleetState) -> [(name: HostName, connection: HostAccess)] {
    let inventory = workspace.inventory
    let declared = inventory.hosts.filter(scope.selector.matches).map {
      (name: $0.name, connection: $0.access)
    }
    return declared + inventory.connectionsToLeft(state).filter { scope.selector.matches($0.name) }
  }

  /// The names of the hosts in the inventory or the state that are not selected.
  func excludedHosts(_ state: FleetState) -> Set<String> {
    Set(selection(of: state).filter { !$0.value }.keys.map(\.text))
  }

  /// Whether each host of the inventory or the state is selected.
  private func selection(of state: FleetState) -> [HostName: Bool] {
    let declared = workspace.inventory.hosts.map { ($0.name, scope.selector.matches($0)) }
    let recorded = state.hosts.keys.map { ($0, scope.selector.matches($0)) }
    return Dictionary(declared + recorded) { declared, _ in declared }
  }

  /// Stops if the selector names a host or a label that neither the inventory nor the state has, or
  /// if it selects no host.
  func refuseUnknownHosts(_ state: FleetState) throws {
    let unknown = scope.selector.unmatchedNames(
      among: workspace.inventory.hosts, others: Array(state.hosts.keys))
    let names = unknown.filter { !$0.contains("=") }
    guard names.isEmpty else {
      throw Failure(
        .usage,
        "this fleet has no host named \(names.joined(separator: ", ")): see the inventory for the names"
      )
    }
    let labels = unknown.map { String($0.drop { $0 == "!" }) }
    guard labels.isEmpty else {
      throw Failure(.usage, "no host has the label \(labels.joined(separator: ", "))")
    }
    guard scope.limit == nil || selection(of: state).values.contains(true) else {
      throw Failure(.usage, "--limit selects no host")
    }
  }

  /// Surveys the selected hosts, and stops if they show that this copy of the state is outdated.
  ///
  /// If the scope overrides that, the state learns what the newer releases revoke and trust.
  func survey(_ fleet: any FleetHosts, _ state: inout FleetState) async throws -> Survey {
    try believed(try await judgedSurvey(fleet, state), &state)
  }

  /// The part of a survey with which a command may continue.
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

  /// Surveys the selected hosts without stopping if the state is outdated, for commands that only
  /// show.
  func judgedSurvey(_ fleet: any FleetHosts, _ state: FleetState) async throws -> JudgedSurvey {
    try refuseUnknownHosts(state)
    return state.judge(try await asked(fleet, state), addresses: addresses)
  }

  /// Surveys the selected hosts and does not judge what they report. Stops with one message if a
  /// cause on the controller prevents all connections.
  func asked(_ fleet: any FleetHosts, _ state: FleetState) async throws -> Survey {
    let survey = await fleet.survey(hosts(state))
    if let cause = await fleet.localCause(of: survey) {
      throw Failure(.failed, "no host was contacted: \(cause)")
    }
    return survey
  }

  /// The addresses of the hosts in the inventory, by name.
  private var addresses: [HostName: IPAddress] {
    Dictionary(uniqueKeysWithValues: workspace.inventory.hosts.map { ($0.name, $0.address) })
  }

  /// The failure of a run with an outdated state, which lists the hosts with newer releases.
  private func behind(_ newer: [NewerRelease]) -> Failure {
    Failure(
      .failed,
      "this copy of the state is outdated, and nothing was changed. Hosts have newer releases:\n"
        + newer.map { "    \($0)\n" }.joined()
        + "Get the newer \(workspace.statePlace) from version control or from the person who made these"
        + " releases, or catch up from the hosts with\n    deploy state rebuild --inventory"
        + " \(workspace.inventoryWords)\nTo replace these releases with this inventory's configuration, add"
        + " --override-newer")
  }

  /// Stops if most hosts have releases of another fleet key: state or CA folder are not those of
  /// the fleet.
  private func refuseOtherKey(_ judged: JudgedSurvey) throws {
    guard !judged.underOtherKey.isEmpty else { return }
    throw Failure(
      .failed,
      "most hosts have releases that are signed with an unknown fleet key, and nothing was changed:\n"
        + judged.underOtherKey.map { host in
          guard case .observed(let observation) = judged.survey[host],
            let manifest = observation.shownManifest?.manifest
          else { return "    \(host)\n" }
          return "    \(NewerRelease(host: host, manifest: manifest, stateSerial: 0).claim)\n"
        }.joined()
        + "Either the CA was created again elsewhere, or this inventory has the CA folder of another fleet."
        + " Copy \(workspace.statePlace) and \(workspace.ca.path) from where these releases were made, or"
        + " review what the hosts claim with\n    deploy state rebuild --inventory"
        + " \(workspace.inventoryWords)")
  }

  /// Stops if the state is lost: a new state would have another lineage, and the two could not be
  /// merged.
  private func refuseLostState(_ state: FleetState, _ survey: Survey) throws {
    guard state.serial == 0 else { return }
    for (host, result) in survey.sorted(by: { $0.key < $1.key }) {
      guard case .observed(let observation) = result, observation.currentRelease != nil,
        let manifest = observation.shownManifest?.manifest, manifest.fleet == state.fleet
      else { continue }
      throw Failure(
        .failed,
        "\(workspace.statePlace) does not exist, but \(host) has release"
          + " \(manifest.release.number) of this fleet: recreate the state with\n    deploy state"
          + " rebuild --inventory \(workspace.inventoryWords)")
    }
  }

  /// Stops if hosts trust a CA generation whose certificate is unknown: it could not stay in the CA
  /// bundles during a change, so connections between hosts would fail.
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
        + " \(workspace.ca.path) nor in \(workspace.statePlace), so it cannot stay trusted during the change."
        + " Restore the folder or the state from a backup, or read it from the hosts with\n"
        + "    deploy state rebuild --inventory \(workspace.inventoryWords)")
  }
}

extension FleetState {
  /// Adds a release that another copy of the state has installed, and what its manifest says about
  /// the fleet.
  mutating func takeIn(_ newer: NewerRelease, _ shown: ShownManifest?, at now: Timestamp) {
    guard let manifest = shown?.manifest, let digest = shown?.digest else { return }
    learn(manifest.knowledge, at: now)
    serial = max(serial, manifest.serial)
    expect(digest, fromSerial: manifest.serial, on: newer.host)
    settle(digest, on: newer.host)
  }
}
