import CAStore
import Certificates
import Execution
import Fleet
import Hashing
import Inventories
import Planning
import Playbooks
import State

/// Makes plans for one run: reads everything that the pure planner needs, and calls it.
struct FleetPlanner {
  let workspace: Workspace
  let scope: RunScope
  let playbook: Playbook
  let revocations: RevocationStore
  let interaction: any Interaction

  private var surveyor: FleetSurveyor { FleetSurveyor(workspace: workspace, scope: scope) }

  /// A plan from what the hosts reported.
  ///
  /// - Parameters:
  ///   - now: the time at which certificates are judged; nil for the current time.
  ///   - ordered: what was ordered, after servers were asked; nil if it has not been read.
  func plan(
    _ survey: Survey, _ state: FleetState, asOf now: Timestamp? = nil,
    _ ordered: OrderedMaterials? = nil
  ) async throws -> Plan {
    begin()
    defer { interaction.show(.ended) }
    let known: OrderedMaterials
    if let ordered {
      known = ordered
    } else {
      known = try await orderedMaterials(asksServers: true)
    }
    // A renewal brings no files of the user.
    let input = try await input(
      survey, state, keys: scope.isLimitedToRenewals ? .none : .of(selectedHosts), asOf: now, known)
    let plan = scope.isLimitedToRenewals ? Planner.renewal(input) : Planner.plan(input)
    return await warned(plan, state, now ?? .current)
  }

  /// A plan from the state alone, without contacting hosts or reading keys of sites. Stops if the fleet has no CA, or if the
  /// selector names an unknown host.
  func planOffline(_ state: FleetState) async throws -> Plan {
    try workspace.ca.refuseWithoutCA(state)
    try surveyor.refuseUnknownHosts(state)
    begin()
    defer { interaction.show(.ended) }
    let input = try await input(
      [:], state, keys: .none, asOf: nil, await orderedMaterials(asksServers: false))
    return await warned(Planner.offline(input), state, .current)
  }

  private var selectedHosts: Set<HostName> {
    Set(workspace.inventory.hosts.filter(scope.selector.matches).map(\.name))
  }

  /// Adds the warnings about lists of roots, which only the CA's folder has.
  private func warned(_ plan: Plan, _ state: FleetState, _ now: Timestamp) async -> Plan {
    var plan = plan
    plan.warnings += workspace.ca.rootRevocationListWarnings(
      above: state.caGenerations, now: now.secondsSince1970)
    plan.warnings += await revocations.warnings
    return plan
  }

  /// Shows that the user waits: a plan for ten thousand hosts takes seconds.
  private func begin() {
    let hosts = workspace.inventory.hosts.filter(scope.selector.matches).map(\.name)
    interaction.show(.began(Activity("planning", past: "", hosts: hosts)))
  }

  /// The input for planning a rollback, without the manifests of the releases.
  ///
  /// - Parameter number: the release to switch to; nil for the previous one.
  func rollbackInput(
    to number: ReleaseNumber?, _ survey: Survey, _ state: FleetState
  ) throws -> RollbackInput {
    var input = RollbackInput(
      hosts: workspace.inventory.hosts.filter(scope.selector.matches), number: number,
      keepReleases: workspace.inventory.keepReleases, playbook: playbook, state: state,
      survey: survey, now: .current)
    input.revokedCertificates = try workspace.ca.acme.revokedDigests()
    return input
  }

  private func orderedMaterials(asksServers: Bool) async throws -> OrderedMaterials {
    var ordered = try OrderedMaterials(workspace, for: scope)
    if asksServers && scope.ordersCertificates { await ordered.askServers() }
    return ordered
  }

  /// The files that the inventory names. A renewal brings none of them, so none of them stops it.
  private func files(
    _ keys: MaterialsReader.KeyNeed, _ state: FleetState
  ) throws -> Materials {
    let reader = MaterialsReader(workspace: workspace, now: .current, keys: keys)
    guard !scope.isLimitedToRenewals else { return reader.readable() }
    let materials = try reader.read()
    let faults = materials.newFaults(besides: state) { Digest.sha256(of: $0) }
    guard faults.isEmpty else {
      throw Failure(.invalidInput, faults.joined(separator: "\ndeploy: "))
    }
    return materials
  }

  /// Everything that the planner needs: inventory, files, state, survey, and revocation lists,
  /// which may need the CA's key.
  private func input(
    _ survey: Survey, _ state: FleetState, keys: MaterialsReader.KeyNeed, asOf time: Timestamp?,
    _ ordered: OrderedMaterials
  ) async throws -> PlanningInput {
    let now = time ?? .current
    var materials = try files(keys, state)
    try ordered.add(to: &materials)
    try surveyor.refuseUnknownGenerations(state, survey)
    materials.revocationLists = try await revocations.lists(for: state, now: now).materials
    return PlanningInput(
      DesiredFleet(workspace.inventory, playbook, materials), state,
      ObservedFleet(survey, at: .current),
      PlanRequest(
        selector: scope.selector, allowsLockout: scope.allowsLockout, renews: scope.renews,
        orders: scope.ordersCertificates),
      now: now, on: AllCores(), digest: { Digest.sha256(of: $0) })
  }
}

extension RevocationLists {
  /// By key identifier, as plans have them.
  fileprivate var materials: [String: Materials.RevocationList] {
    Dictionary(
      uniqueKeysWithValues: signed.map { entry in
        (
          entry.record.keyIdentifier,
          Materials.RevocationList(
            pem: entry.list.pem, serials: Set(entry.list.revoked.map(\.serial)),
            above: entry.above?.pem)
        )
      })
  }
}
