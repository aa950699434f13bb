import ArgumentParser
import Certificates
import Execution
import Files
import Fleet
import Foundation
import Hashing
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
  /// What the selector was made from; nil for every host.
  let limit: String?
  let parallel: Int
  /// Whether hosts may be given firewalls that do not let this controller in again.
  let allowsLockout: Bool
  /// The roles whose certificates are issued anew.
  let renews: Set<Role>
  /// Whether releases that another copy of the state has installed since are replaced.
  let overridesNewer: Bool
  let progress: Progress
  let client: SSHClient
  /// The authority's keys, which whatever signs in this run shares.
  let keyring: AuthorityKeyring
  let revocations: RevocationDesk

  init(
    _ options: FleetOptions, _ hosts: HostOptions, playbook: String? = nil,
    for command: Playbook.Procedure.Command = .apply, allowsLockout: Bool = false,
    renews: Set<Role> = [], overridesNewer: Bool = false
  ) throws {
    try self.init(
      options, hosts.selector, limit: hosts.limit, parallel: hosts.parallel, playbook, command,
      allowsLockout: allowsLockout, renews: renews, overridesNewer: overridesNewer)
  }

  /// A session about every host of the fleet.
  init(
    _ options: FleetOptions, parallel: Int, playbook: String?,
    for command: Playbook.Procedure.Command = .apply, overridesNewer: Bool = false
  ) throws {
    try self.init(
      options, .all, parallel: parallel, playbook, command, allowsLockout: false, renews: [],
      overridesNewer: overridesNewer)
  }

  /// A session about hosts that are given by name.
  init(
    _ options: FleetOptions, selecting hosts: [String], playbook: String? = nil,
    overridesNewer: Bool = false
  ) throws {
    guard let selector = Selector(hosts.joined(separator: ",")) else {
      throw Failure(.usage, "the name of a host is empty")
    }
    try self.init(
      options, selector, parallel: HostOptions.usualParallel, playbook, .apply,
      allowsLockout: false, renews: [], overridesNewer: overridesNewer)
  }

  private init(
    _ options: FleetOptions, _ selector: Selector, limit: String? = nil, parallel: Int,
    _ playbook: String?, _ command: Playbook.Procedure.Command, allowsLockout: Bool,
    renews: Set<Role>, overridesNewer: Bool
  ) throws {
    workspace = try Workspace.open(options)
    self.playbook = try Workspace.playbook(playbook, for: command, options)
    self.selector = selector
    self.limit = limit
    self.parallel = parallel
    self.allowsLockout = allowsLockout
    self.renews = renews
    self.overridesNewer = overridesNewer
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

  /// The state as it is on the disk, a new one where there is none; the CA is what state and folder
  /// together say it is.
  func readState() throws -> FleetState { try current(stateFile()) }

  private func current(_ file: StateFile) throws -> FleetState {
    var state =
      file.state
      ?? FleetState(
        fleet: workspace.inventory.fleet.text, lineage: UUID().uuidString.lowercased())
    try workspace.takeInFolder(&state)
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

  var connector: SSHConnector {
    let workspace = workspace
    return SSHConnector(
      client: client, passphrases: KeyPassphrases(), resolve: { workspace.resolve($0) })
  }

  func withFleet<Result>(
    _ state: FleetState, _ body: (Fleet) async throws -> Result
  ) async throws -> Result {
    let fleet = Fleet(
      connector: connector, program: HostProgram(digest: { Digest.sha256(of: $0) }),
      recognize: try workspace.recognizer(for: state),
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
  func hosts(_ state: FleetState) -> [(name: String, connection: HostAccess)] {
    let inventory = workspace.inventory
    let declared = inventory.hosts.filter(selector.matches).map {
      (name: $0.name.text, connection: $0.access)
    }
    return declared + inventory.connectionsToLeft(state).filter { selector.matches($0.name) }
  }

  func refuseUnknownHosts(_ state: FleetState) throws {
    let unknown = selector.unmatchedNames(
      among: workspace.inventory.hosts, others: Array(state.hosts.keys))
    guard unknown.isEmpty else {
      throw Failure(
        .usage, "there is no such host in this fleet: \(unknown.joined(separator: ", "))")
    }
  }

  func plan(_ fleet: Fleet, state: inout FleetState) async throws -> Plan {
    try await planAndSurvey(fleet, state: &state).plan
  }

  /// - Parameter now: the time that certificates are judged by; the present without it.
  /// - Returns: The plan, and what the hosts said that it was made from.
  func planAndSurvey(
    _ fleet: Fleet, state: inout FleetState, asOf now: Timestamp? = nil
  ) async throws -> (plan: Plan, survey: Survey) {
    try refuseWithoutAuthority(state)
    let survey = try await survey(fleet, &state)
    return (Planner.plan(try await planningInput(survey, state: state, asOf: now)), survey)
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

  func planningInput(
    _ survey: Survey, state: FleetState, asOf time: Timestamp? = nil
  ) async throws -> PlanningInput {
    let now = time ?? .current
    var materials = try MaterialsReader(
      workspace: workspace, now: .current, expired: .toleratedOf(state.shownSiteCertificates)
    ).read()
    try refuseUnknownGenerations(state, survey)
    materials.revocationLists = try await revocations.materials(of: state, now: now)
    return PlanningInput(
      inventory: workspace.inventory, playbook: playbook, state: state, survey: survey,
      materials: materials, selector: selector, allowsLockout: allowsLockout, renews: renews,
      now: now, surveyedAt: .current, digest: { Digest.sha256(of: $0) })
  }

  func rollback(to number: Int?, _ survey: Survey, _ state: FleetState) -> RollbackInput {
    RollbackInput(
      hosts: workspace.inventory.hosts.filter(selector.matches), number: number,
      keepReleases: workspace.inventory.keepReleases, playbook: playbook, state: state,
      survey: survey, now: .current)
  }

  static var user: String { "\(NSUserName())@\(ProcessInfo.processInfo.hostName)" }
}
