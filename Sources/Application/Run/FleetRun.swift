import CAStore
import Execution
import Fleet
import Inventories
package import Logging
import Planning
package import Playbooks
import State

/// One run of a command on a fleet: its scope, the files, the CA, the access to hosts and the user.
/// Every use case that contacts hosts gets one.
package struct FleetRun: Sendable {
  package private(set) var workspace: Workspace
  package private(set) var scope: RunScope
  /// The playbook that the scope names, or the default one of the command.
  package let playbook: Playbook
  package let ca: CAAccess
  package let access: any FleetAccess
  package let interaction: any Interaction
  /// The name of the run in the history.
  package var name: String { recorder.id.text }
  /// Records the run in the history.
  let recorder: RunRecorder
  /// Runs the playbook's commands before and after the run.
  let hooks: RunHooks
  private let log: Logger

  /// A logger of which nothing is shown.
  package static let silent = Logger(label: "deploy") { _ in SwiftLogNoOpLogHandler() }

  package init(
    _ workspace: Workspace, _ scope: RunScope, access: any FleetAccess,
    _ interaction: any Interaction,
    log: Logger = Self.silent
  ) throws {
    self.workspace = workspace
    self.log = log
    self.scope = scope
    self.access = access
    self.interaction = interaction
    playbook = try Workspace.playbook(scope.playbook, for: scope.command, interaction)
    guard !scope.isLimitedToRenewals || playbook.procedure == nil else {
      throw Failure(
        .usage,
        "\(scope.playbook ?? "the playbook") has a procedure, which a renewal does not carry out: run \"deploy apply\""
      )
    }
    ca = CAAccess(workspace, interaction)
    recorder = RunRecorder(workspace, interaction)
    hooks = RunHooks(workspace, recorder.id, interaction)
  }

  /// Opens the fleet's files and prepares a run that reaches hosts by SSH.
  ///
  /// - Parameter log: gets the steps of connections, and what hosts are asked and say.
  package init(
    _ location: FleetLocation, _ scope: RunScope, _ interaction: any Interaction,
    log: Logger = Self.silent
  ) async throws {
    self = try await Self.overSSH(location, scope, interaction, log: log).run
  }

  /// The same, and returns the access to the hosts too.
  package static func overSSH(
    _ location: FleetLocation, _ scope: RunScope, _ interaction: any Interaction, log: Logger
  ) async throws -> (run: FleetRun, access: SSHFleetAccess) {
    let workspace = try await Workspace.open(location, interaction)
    let access = try SSHFleetAccess(workspace, parallel: scope.parallel, interaction, log: log)
    return (try FleetRun(workspace, scope, access: access, interaction, log: log), access)
  }

  /// The same with the address ranges of networks that are saved now.
  func withSavedRanges() throws -> FleetRun {
    var run = self
    run.workspace = try workspace.withSavedRanges()
    return run
  }

  /// The same on other hosts.
  func limited(to hosts: [HostName]) throws -> FleetRun {
    var run = self
    let limited = try RunScope(limit: hosts.map(\.text).joined(separator: ","))
    // With its limit: what belongs to all hosts is left to runs on all.
    (run.scope.selector, run.scope.limit) = (limited.selector, limited.limit)
    return run
  }

  /// Reads and locks the state of the fleet.
  var states: StateAccess {
    StateAccess(
      workspace: workspace, playbook: playbook, selector: scope.selector, interaction: interaction)
  }
  /// Surveys the hosts of the scope.
  var surveyor: FleetSurveyor { FleetSurveyor(workspace: workspace, scope: scope) }
  /// Makes plans for the hosts of the scope.
  var planner: FleetPlanner {
    FleetPlanner(
      workspace: workspace, scope: scope, playbook: playbook, revocations: ca.revocations,
      interaction: interaction)
  }

  /// Opens the hosts while the body runs. Manifests are checked with the fleet keys of the state
  /// and the folder.
  func withHosts<Output>(
    _ state: FleetState, _ body: (any FleetHosts) async throws -> Output
  ) async throws -> Output {
    try await access.whileOpen(recognizing: ca.folder.recognizer(for: state), body)
  }

  /// How much of the fleet a command reserves.
  enum Extent {
    case fleet
    /// The hosts that the user has selected, and those that share a site with them.
    case scope
  }

  /// Reserves hosts and opens them while the body runs, for a command that changes them. The history gets its end.
  ///
  /// - Parameter command: the command's name, which another run reports that needs the same hosts.
  func whileLocked<Output>(
    for command: String, reserving extent: Extent = .fleet,
    _ body: (ApprovalFlow) async throws -> Output
  ) async throws -> Output {
    let reservation = ScopeReservation(
      inventory: workspace.inventory, selector: scope.selector,
      concernsFleet: try extent == .fleet || concernsFleet)
    let output: Output
    do {
      output = try await states.whileLocked(
        for: command, reserving: { reservation.hosts($0) }
      ) { keeper in
        try await withHosts(await keeper.state) { hosts in
          try await body(ApprovalFlow(run: self, hosts: hosts, keeper: keeper))
        }
      }
    } catch {
      let failure = Failure(error)
      let warnings = await hooks.after(
        Summary(stopped: failure.text), access.traffic, failure: failure)
      for warning in warnings { interaction.warn(warning) }
      await recorder.end(error)
      throw error
    }
    await recorder.end()
    return output
  }

  /// The sites of which a host is selected: no other run changes what was ordered for them at the same time.
  var ownSites: Set<DomainName> {
    Set(
      workspace.inventory.sites.filter { site in
        (site.frontEnds + site.upstreams.map(\.host)).contains { name in
          workspace.inventory.host(named: name).map(scope.selector.matches) ?? false
        }
      }.map(\.domain))
  }

  /// Whether the run changes what belongs to all hosts.
  private var concernsFleet: Bool {
    get throws {
      if case .decommission(.revoke) = playbook.procedure { return true }
      // What newer releases revoke and trust is learnt.
      if scope.overridesNewer { return true }
      return try workspace.inventory.acme.keys.contains { try ca.folder.acme.accountKey($0) == nil }
    }
  }

  /// Surveys the hosts and makes a plan.
  ///
  /// - Parameters:
  ///   - now: the time at which certificates are judged; nil for the current time.
  ///   - ordered: what was ordered, after servers were asked; nil if it has not been read.
  /// - Returns: the plan, and the survey from which it was made.
  func surveyAndPlan(
    _ hosts: any FleetHosts, _ state: inout FleetState, asOf now: Timestamp? = nil,
    _ ordered: OrderedMaterials? = nil
  ) async throws -> (plan: Plan, survey: Survey) {
    // Checked before any host is contacted, because creating the CA is the user's next step.
    try ca.folder.refuseWithoutCA(state)
    let start = ContinuousClock.now
    let survey = try await surveyor.survey(hosts, &state)
    let answered = ContinuousClock.now
    log.debug("asked \(survey.count) hosts in \(start.duration(to: answered).inSeconds)")
    let plan = try await planner.plan(survey, state, asOf: now, ordered)
    log.debug("made the plan in \(answered.duration(to: .now).inSeconds)")
    return (plan, survey)
  }
}
