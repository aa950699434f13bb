import CAStore
package import Execution
import Fleet
import Inventories
package import Planning
package import Playbooks
package import State

/// Replaces the CA in use by its next generation, with no failed request. Where a rotation stands is read
/// from the hosts, so that one that was interrupted continues.
package struct RotateCA {
  private let run: FleetRun

  package init(_ run: FleetRun) { self.run = run }

  /// - Parameters:
  ///   - key: what is done with the old key; by default what the playbook says.
  ///   - isEmergency: whether the old key is compromised: the playbook's pauses are left out.
  package func rotate(key: Playbook.KeyFate?, isEmergency: Bool) async throws -> Summary {
    try await run.whileLocked(for: "rotate ca") { flow in
      var state = await flow.keeper.state
      let survey = try await run.surveyor.survey(flow.hosts, &state)
      try await run.ca.keyring.startRotation(of: &state, now: .current)
      await flow.keeper.hold(state)
      var plan = try await run.planner.plan(survey, state)
      if isEmergency {
        plan.pause = 0
        plan.warnings += standing(state, survey).openWindow(state)
      }
      let summary = try await flow.carryOut(
        plan,
        refused:
          "no host was changed, but the new generation is made, and the next apply goes on with"
          + " it")
      if summary.stopped != Summary.interrupted { try await finish(flow, key ?? usualFate) }
      return summary
    }
  }

  /// Which generations the hosts trust and show; nothing is touched.
  package func status() async throws -> (state: FleetState, standing: RotationStatus) {
    let state = try run.states.read()
    let survey = try await run.withHosts(state) {
      try await run.surveyor.judgedSurvey($0, state).survey
    }
    return (state, standing(state, survey))
  }

  private func standing(_ state: FleetState, _ survey: Survey) -> RotationStatus {
    RotationStatus(of: state, hosts: run.workspace.inventory.hosts, survey: survey)
  }

  private var usualFate: Playbook.KeyFate {
    guard case .rotateCA(let fate) = run.playbook.procedure else { return .archive }
    return fate
  }

  /// Removes the old generations when the hosts say that they no longer need them.
  private func finish(_ flow: ApprovalFlow, _ fate: Playbook.KeyFate) async throws {
    var state = await flow.keeper.state
    let folder = run.ca.folder
    let standing = standing(
      state, try await run.surveyor.judgedSurvey(flow.hosts, state).survey)
    for record in state.caGenerations where record.status == .retiring {
      let blockers = standing.blockers(toRemove: record)
      guard blockers.isEmpty else {
        throw Failure(
          .failed,
          "\"\(record.commonName)\" is not at its end; the same command goes on when this is"
            + " mended:\n" + blockers.map { "    \($0)" }.joined(separator: "\n"))
      }
      let isPresent = try folder.listing().certificates.contains(record.generation)
      if isPresent { try folder.finish(record.generation, key: fate) }
      state.retire(RetiredCA(record))
      run.interaction.report(
        "No host trusts \"\(record.commonName)\" any more"
          + (isPresent ? "; its key is \(fate.text(folder))." : "."))
    }
    try folder.takeIn(into: &state, now: .current)
    try await flow.keeper.save(state)
  }
}

extension Playbook.KeyFate {
  fileprivate func text(_ folder: CAFolder) -> String {
    switch self {
    case .archive: "kept encrypted in \(folder.archive.path)"
    case .destroy: "destroyed"
    }
  }
}

extension RotationStatus {
  /// For how long a compromised key is still accepted, in words.
  fileprivate func openWindow(_ state: FleetState) -> [String] {
    state.caGenerations.filter { $0.status == .retiring }.compactMap { record in
      let hosts = rows.filter { $0.trusts.contains(record.keyIdentifier) }.map(\.host)
      guard !hosts.isEmpty else { return nil }
      return "until the last stage is done, whoever has the key of \"\(record.commonName)\" is"
        + " accepted by \(hosts.joined(separator: ", "))"
    }
  }
}
