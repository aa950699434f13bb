import Certificates
import Files
import Fleet
import Hashing
package import Planning
import Playbooks
import State

/// An approved plan in a file, which `deploy plan --out` saves. `deploy apply` compares it with a
/// new plan, and never carries it out as it is.
package struct SavedPlan: Equatable, Sendable {
  package var approved: ApprovedPlan

  /// Reads a file that ``write(to:)`` has written. Its digest and all its values are checked.
  package static func read(_ path: String) throws -> SavedPlan {
    try SavedPlanFormat.decode(FileReader.read(path, as: .savedPlan), path: path)
  }

  /// Writes the file. Only its owner can read it, because it describes the fleet in detail.
  package func write(to path: String) throws {
    try FileWriter.replace(path, text: SavedPlanFormat.encode(self), for: .ownerAlone)
  }

  /// Stops if the plan was made for another fleet, from another state, with other CA generations or
  /// at an impossible time.
  func check(
    against state: FleetState, _ statePath: String, inventory: String, now: Timestamp
  ) throws {
    let plan = approved
    guard plan.fleet == state.fleet else {
      throw refusal(
        "the plan is for the fleet \(plan.fleet), and \(inventory) declares the fleet \(state.fleet)",
        "give the plan's inventory with --inventory")
    }
    if state.serial > 0 || plan.serial > 0 { try checkSerial(state, statePath) }
    guard plan.caGenerations == state.caGenerations.map(\.fingerprint) else {
      throw refusal("the CA has changed since the plan was made")
    }
    try checkTime(state, statePath, now)
  }

  /// Refuses the plan if the state has changed since the plan was made.
  private func checkSerial(_ state: FleetState, _ statePath: String) throws {
    let plan = approved
    guard state.serial > 0 else {
      throw refusal(
        "the plan was made from serial \(plan.serial) of the state, and \(statePath) does not exist",
        "give the state with --state, or recreate it with \"deploy state rebuild\"")
    }
    guard plan.lineage == state.lineage else {
      throw refusal(
        "the plan was made from another state of this fleet (lineage \(plan.lineage)) than"
          + " \(statePath) (lineage \(state.lineage))")
    }
    guard plan.serial >= state.serial else {
      throw refusal(
        "the plan was made from serial \(plan.serial) of the state, which is now at serial"
          + " \(state.serial): this plan or another change has been applied since")
    }
    guard plan.serial == state.serial else {
      throw refusal(
        "the plan was made from serial \(plan.serial) of the state, and \(statePath) is older, at"
          + " serial \(state.serial)", "use the newer state")
    }
  }

  /// How far the clocks of the controllers that made and apply a plan may differ.
  private static let toleratedSeconds: Int64 = 300

  /// Stops if the saved plan's time is in the future or before the last change of the state,
  /// because the plan to compare with is made as of that time.
  private func checkTime(_ state: FleetState, _ statePath: String, _ now: Timestamp) throws {
    let madeAt = approved.madeAt
    guard madeAt <= now.adding(seconds: Self.toleratedSeconds) else {
      throw refusal(
        "the plan says that it was made at \(madeAt), but it is \(now)",
        "correct the controller's clock, or plan again")
    }
    let written = state.hosts.values.map(\.appliedAt).max() ?? .earliest
    guard madeAt.adding(seconds: Self.toleratedSeconds) >= written else {
      throw refusal(
        "the plan says that it was made at \(madeAt), before the last change in \(statePath) (\(written))"
      )
    }
  }

  private func refusal(_ why: String, _ advice: String = "plan again") -> Failure {
    Failure(.failed, "\(why). Nothing was changed: \(advice)")
  }
}

extension SavedPlan {
  /// A plan, and the survey from which it was made, in the form that is saved.
  init(_ plan: Plan, _ survey: Survey, of run: FleetRun, caGenerations: [CAGeneration]) {
    self.init(
      approved: ApprovedPlan(
        plan, limit: run.scope.limit, caGenerations: caGenerations, playbook: run.playbook, survey,
        digest: { Digest.sha256(of: $0) }))
  }

  /// The digest by which the history names a plan: that of the saved plan which the run carries out, or else of
  /// what would be saved of the plan, without the condition of hosts.
  static func digest(
    of plan: Plan, in run: FleetRun, caGenerations: [CAGeneration]
  ) throws -> String {
    try SavedPlanFormat.digest(
      of: run.scope.saved ?? SavedPlan(plan, [:], of: run, caGenerations: caGenerations))
  }
}
