import Certificates
import Execution
import Foundation
import Planning
import State

/// A plan in a file, to be carried out as it was shown. It holds no secret: secret files are named by path
/// and digest, and certificates are issued when it is carried out.
struct SavedPlan: Codable, Equatable {
  var plan: Plan
  /// The authority's generations that the plan's trust rests on, by their certificates.
  var authorities: [AuthorityRecord]
  /// What the hosts were that could be asked.
  var conditions: [String: HostCondition]

  init(_ plan: Plan, authorities: [AuthorityRecord], _ survey: Survey) {
    self.plan = plan
    self.authorities = authorities
    conditions = survey.compactMapValues { result in
      if case .observed(let observation) = result { HostCondition(observation) } else { nil }
    }
  }

  static func read(_ path: String) throws -> SavedPlan {
    try SavedPlanFormat.decode(Workspace.contents(of: path), path: path)
  }

  /// Only its owner reads it: configurations tell more of a fleet than others need to know.
  func write(to path: String) throws {
    try PrivateFile.replace(path, contents: SavedPlanFormat.encode(self), mode: 0o600)
  }

  /// Refuses a plan that was made for another fleet or from another state.
  func check(against state: FleetState, _ statePath: String, inventory: String) throws {
    func refusal(_ why: String) -> Failure { Failure(.failed, "\(why). Nothing was touched") }
    guard plan.fleet == state.fleet else {
      throw refusal(
        "the plan is for the fleet \(plan.fleet), and \(inventory) declares the fleet \(state.fleet):"
          + " name its inventory with --inventory")
    }
    guard state.serial > 0 || plan.serial > 0 else { return try checkAuthorities(state, refusal) }
    guard state.serial > 0 else {
      throw refusal(
        "the plan was made from serial \(plan.serial) of the state, and \(statePath) does not exist:"
          + " name the state with --state, or recreate it with \"deploy state rebuild\"")
    }
    guard plan.lineage == state.lineage else {
      throw refusal(
        "the plan was made from another state of this fleet (lineage \(plan.lineage)) than"
          + " \(statePath) (lineage \(state.lineage)): plan again")
    }
    guard plan.serial >= state.serial else {
      throw refusal(
        "the plan was made from serial \(plan.serial) of the state, which is at serial"
          + " \(state.serial) by now: it was carried out already, or something else was; plan again"
      )
    }
    guard plan.serial == state.serial else {
      throw refusal(
        "the plan was made from serial \(plan.serial) of the state, and \(statePath) is older, at"
          + " serial \(state.serial): take the newer state")
    }
    try checkAuthorities(state, refusal)
  }

  private func checkAuthorities(_ state: FleetState, _ refusal: (String) -> Failure) throws {
    guard authorities == state.authorities else {
      throw refusal("the authority has changed since the plan was made: plan again")
    }
  }

  /// Refuses a plan whose secret files are not what they were.
  ///
  /// - Parameter read: gets a path as the inventory names it.
  func checkSecrets(_ read: (String) throws -> [UInt8]) throws {
    var secrets: [String: FileRecord] = [:]
    for case .local(let path, let record) in plan.steps.flatMap(\.files).map(\.source) {
      secrets[path] = record
    }
    let problems = secrets.sorted { $0.key < $1.key }.compactMap { path, record -> String? in
      do {
        return Digest.sha256(of: try read(path)) == record.digest
          ? nil : "\(path) has changed since the plan was made: plan again"
      } catch {
        return (error as? Failure)?.message ?? "\(path): \(error)"
      }
    }
    guard problems.isEmpty else {
      throw Failure(.failed, problems.joined(separator: "\ndeploy: ") + ". Nothing was touched")
    }
  }
}

extension Session {
  /// What of a saved plan can be carried out on the hosts as they are.
  func plan(
    _ saved: SavedPlan, _ fleet: Fleet, _ keeper: StateKeeper
  ) async throws -> Plan {
    let state = await keeper.state
    try saved.check(
      against: state, workspace.statePath, inventory: workspace.inventoryPath)
    try saved.checkSecrets { try Workspace.contents(of: workspace.resolve($0)) }
    if state.serial == 0 { await keeper.adopt(lineage: saved.plan.lineage) }
    var hosts: [(name: String, connection: Planning.Connection)] = []
    for step in saved.plan.steps
    where hosts.last?.name != step.host && saved.conditions[step.host] != nil {
      hosts.append((step.host, step.connection))
    }
    let survey = await fleet.survey(hosts, parallel: parallel)
    return saved.plan.leavingOut(changedSince: saved.conditions, now: survey)
  }
}
