import ArgumentParser
import Certificates
import Execution
import Foundation
import Inventories
import Planning
import Playbooks
import SSH
import State
import StateFiles

/// One run of a command on a fleet: the files are read, the hosts can be asked.
struct Session {
  let workspace: Workspace
  let playbook: Playbook
  let selector: Selector
  let parallel: Int
  /// Whether hosts may be given firewalls that do not let this controller in again.
  let allowsLockout: Bool
  /// The roles whose certificates are issued anew.
  let renews: Set<Role>
  let progress: Progress
  let client: SSHClient
  /// The authority's keys, which whatever signs in this run shares.
  let keyring: AuthorityKeyring
  let revocations: RevocationDesk

  init(
    _ options: FleetOptions, _ hosts: HostOptions, playbook: String? = nil,
    for command: Playbook.Procedure.Command = .apply, allowsLockout: Bool = false,
    renews: Set<Role> = []
  ) throws {
    try self.init(
      options, hosts.selector, parallel: hosts.parallel, playbook, command,
      allowsLockout: allowsLockout, renews: renews)
  }

  /// A session about every host of the fleet.
  init(
    _ options: FleetOptions, parallel: Int, playbook: String?,
    for command: Playbook.Procedure.Command = .apply
  ) throws {
    try self.init(
      options, .all, parallel: parallel, playbook, command, allowsLockout: false, renews: [])
  }

  /// A session about hosts that are given by name.
  init(_ options: FleetOptions, selecting hosts: [String], playbook: String? = nil) throws {
    guard let selector = Selector(hosts.joined(separator: ",")) else {
      throw Failure(.usage, "the name of a host is empty")
    }
    try self.init(
      options, selector, parallel: HostOptions.usualParallel, playbook, .apply,
      allowsLockout: false, renews: [])
  }

  private init(
    _ options: FleetOptions, _ selector: Selector, parallel: Int, _ playbook: String?,
    _ command: Playbook.Procedure.Command, allowsLockout: Bool, renews: Set<Role>
  ) throws {
    workspace = try Workspace.open(options)
    self.playbook = try Workspace.playbook(playbook, for: command, options)
    self.selector = selector
    self.parallel = parallel
    self.allowsLockout = allowsLockout
    self.renews = renews
    keyring = AuthorityKeyring(workspace)
    revocations = RevocationDesk(workspace, keyring)
    client = try SSHClient()
    progress = Progress(isColored: options.usesColor(onTerminal: Console.errorIsTerminal))
  }

  var destinations: SSHDestinations {
    SSHDestinations(
      client: client, passphrases: KeyPassphrases(),
      resolve: { [workspace] in workspace.resolve($0) })
  }

  private func stateFile() throws -> StateFile {
    try StateFile.read(workspace.statePath, fleet: workspace.inventory.fleet.text)
  }

  /// The state as it is on the disk, a new one where there is none; the authority is what its folder
  /// says it is.
  func readState() throws -> FleetState { try current(stateFile()) }

  /// The same where the authority's folder may not be at hand, as where changes are reviewed: then the
  /// authority is what the state says.
  func readStateOffline() throws -> FleetState {
    let file = try stateFile()
    var state = try current(file)
    if state.authorities.isEmpty { state.authorities = file.state?.authorities ?? [] }
    return state
  }

  private func current(_ file: StateFile) throws -> FleetState {
    var state =
      file.state
      ?? FleetState(
        fleet: workspace.inventory.fleet.text, lineage: UUID().uuidString.lowercased())
    state.authorities = try AuthorityFolder(path: workspace.authorityPath).generations()
    revokeLeavers(&state)
    return state
  }

  /// Where the playbook says so, the certificates of hosts that leave are revoked.
  private func revokeLeavers(_ state: inout FleetState) {
    guard case .decommission(.revoke) = playbook.procedure else { return }
    let declared = Set(workspace.inventory.hosts.map(\.name.text))
    for host in state.hosts.keys where !declared.contains(host) && selector.matches(host) {
      state.revokeCertificates(of: host, at: .current, reason: .cessationOfOperation)
    }
  }

  /// Holds the state's lock for as long as the body runs.
  func withState<Result>(
    for command: String, _ body: (StateKeeper) async throws -> Result
  ) async throws -> Result {
    let holder = LockHolder(
      who: Self.user, since: .current, what: command, processID: getpid())
    let lock = try StateLock.acquire(forState: workspace.statePath, as: holder)
    let file = try stateFile()
    let keeper = StateKeeper(try current(file), in: file)
    let result = try await body(keeper)
    _ = consume lock
    return result
  }

  private var connector: SSHConnector {
    let workspace = workspace
    return SSHConnector(
      client: client, passphrases: KeyPassphrases(), resolve: { workspace.resolve($0) })
  }

  func withFleet<Result>(_ body: (Fleet) async throws -> Result) async throws -> Result {
    let fleet = Fleet(
      connector: connector,
      report: { [progress] in progress.show($0) })
    do {
      let result = try await body(fleet)
      await fleet.close()
      return result
    } catch {
      await fleet.close()
      throw error
    }
  }

  /// The hosts that are meant, those included that have left the inventory.
  func hosts(_ state: FleetState) -> [(name: String, connection: Planning.Connection)] {
    let inventory = workspace.inventory
    let declared = inventory.hosts.filter(selector.matches).map {
      (name: $0.name.text, connection: Connection(to: $0))
    }
    let known = Set(inventory.hosts.map(\.name.text))
    let left = state.hosts.filter { !known.contains($0.key) && selector.matches($0.key) }
      .sorted { $0.key < $1.key }
      .map { (name: $0.key, connection: Connection(recordOf: $0.value, defaults: inventory.ssh)) }
    return declared + left
  }

  func survey(_ fleet: Fleet, _ state: FleetState) async throws -> Survey {
    try refuseUnknownHosts(state)
    return await fleet.survey(hosts(state), parallel: parallel)
  }

  private func refuseUnknownHosts(_ state: FleetState) throws {
    let unknown = selector.unmatchedNames(
      among: workspace.inventory.hosts, others: Array(state.hosts.keys))
    guard unknown.isEmpty else {
      throw Failure(
        .usage, "there is no such host in this fleet: \(unknown.joined(separator: ", "))")
    }
  }

  func plan(_ fleet: Fleet, state: FleetState) async throws -> Plan {
    try await planAndSurvey(fleet, state: state).plan
  }

  /// - Returns: The plan, and what the hosts said that it was made from.
  func planAndSurvey(
    _ fleet: Fleet, state: FleetState
  ) async throws -> (plan: Plan, survey: Survey) {
    try refuseWithoutAuthority(state)
    let survey = try await survey(fleet, state)
    return (try await plan(survey, state: state), survey)
  }

  /// A plan from the state alone.
  func planOffline(_ state: FleetState) async throws -> Plan {
    try refuseWithoutAuthority(state)
    try refuseUnknownHosts(state)
    return Planner.offline(try await planningInput([:], state: state))
  }

  /// Before any host is asked, for it is the user's very next step.
  func refuseWithoutAuthority(_ state: FleetState) throws {
    guard !state.authorities.isEmpty else {
      throw Failure(
        .failed,
        "there is no authority in \(workspace.authorityPath): make one with\n    deploy authority"
          + " create --inventory \(workspace.inventoryPath)")
    }
  }

  func plan(_ survey: Survey, state: FleetState) async throws -> Plan {
    Planner.plan(try await planningInput(survey, state: state))
  }

  private func planningInput(_ survey: Survey, state: FleetState) async throws -> PlanningInput {
    var materials = try MaterialsReader(
      workspace: workspace, now: .current, expired: .toleratedOf(state.shownSiteCertificates)
    ).read()
    try refuseLostState(state, survey)
    materials.revocationLists = try await revocations.materials(of: state, now: .current)
    return PlanningInput(
      inventory: workspace.inventory, playbook: playbook, state: state, survey: survey,
      materials: materials, selector: selector, allowsLockout: allowsLockout, renews: renews,
      now: .current, digest: { Digest.sha256(of: $0) })
  }

  /// A second lineage beside the lost one could never be brought together with it again.
  func refuseLostState(_ state: FleetState, _ survey: Survey) throws {
    guard state.serial == 0 else { return }
    for (host, result) in survey.sorted(by: { $0.key < $1.key }) {
      guard case .observed(let observation) = result, let manifest = observation.manifest,
        manifest.fleet == state.fleet
      else { continue }
      throw Failure(
        .failed,
        "\(workspace.statePath) does not exist, but \(host) carries release"
          + " \(manifest.release.number) of this fleet: recreate the state with\n    deploy state"
          + " rebuild --inventory \(workspace.inventoryPath)")
    }
  }

  func rollback(to number: Int?, _ survey: Survey, _ state: FleetState) throws -> RollbackInput {
    try refuseLostState(state, survey)
    return RollbackInput(
      hosts: workspace.inventory.hosts.filter(selector.matches), number: number,
      keepReleases: workspace.inventory.keepReleases, playbook: playbook, state: state,
      survey: survey, now: .current)
  }

  func carryOut(
    _ plan: Plan, _ fleet: Fleet, _ keeper: StateKeeper, _ format: OutputFormat
  ) async throws -> Ledger {
    var known = await keeper.state
    known.catchUp(with: plan)
    let state = known
    let keyring = keyring
    let signer = try AuthoritySigner(keyring, state.authorities)
    // A probe shows a certificate too.
    if plan.needsAuthority || plan.verifiesEdges && plan.hasChanges { try await signer.unlock() }
    if plan.hasChanges {
      try await keeper.save(state)
      try await revocations.keep()
    }
    let workspace = workspace
    let hooks = HookProcesses(of: workspace.inventory)
    let rollout = Rollout(
      of: plan, fleet: fleet, issuer: signer, store: keeper, hooks: hooks,
      verifier: BatchVerifier(
        connector: connector, keeper: keeper, keyring: keyring,
        keys: try workspace.authorityFolder.listing().keys,
        defaults: workspace.inventory.ssh, parallel: parallel),
      surroundings: Surroundings(
        user: Self.user, now: { .current }, digest: { Digest.sha256(of: $0) },
        readSecret: { SecretContent(try Workspace.contents(of: workspace.resolve($0))) },
        sleep: { try await Task.sleep(for: .seconds($0)) }),
      parallel: parallel, report: { [progress] in progress.show($0) })
    return await Interrupts.cancelling {
      await rollout.run(plan, state: state)
    } leave: { [progress, client] in
      hooks.endAll()
      let view = LedgerView(progress.ledgerSoFar(of: plan))
      do {
        try view.print(as: format, isColored: false, counts: client.counts)
      } catch {
        Console.error("deploy: the ledger cannot be shown: \(error)")
      }
    }
  }

  static var user: String { "\(NSUserName())@\(ProcessInfo.processInfo.hostName)" }
}
