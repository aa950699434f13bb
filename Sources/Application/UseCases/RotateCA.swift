import CAStore
package import Execution
import Fleet
import Inventories
package import Planning
package import Playbooks
package import State

/// Replaces the CA with its next generation, without failed requests. The progress is read from the
/// hosts, so an interrupted rotation continues.
package struct RotateCA {
  private let run: FleetRun

  package init(_ run: FleetRun) { self.run = run }

  /// - Parameters:
  ///   - key: what to do with the old key; nil for what the playbook says.
  ///   - isEmergency: whether the old key is compromised, so that the playbook's pauses are
  ///     skipped.
  package func rotate(key: Playbook.KeyFate?, isEmergency: Bool) async throws -> Summary {
    try await run.whileLocked(for: "rotate ca") { flow in
      var state = await flow.keeper.state
      let survey = try await run.surveyor.survey(flow.hosts, &state)
      try refuseSilence(survey)
      await run.recorder.begin()
      try await run.ca.keyring.startRotation(of: &state, now: .current)
      await flow.keeper.hold(state)
      var plan = try await run.planner.plan(survey, state)
      if isEmergency {
        plan.pause = 0
        plan.warnings += rotationStatus(state, survey).exposureWarnings(state)
      }
      let summary = try await flow.carryOut(
        plan,
        refused:
          "no host was changed, but the new generation was created, and the next apply continues the"
          + " rotation")
      if summary.stopped != Summary.interrupted { try await finish(flow, key ?? usualFate) }
      return summary
    }
  }

  /// Stops before a generation is created if no host answered: it could not be distributed.
  private func refuseSilence(_ survey: Survey) throws {
    let reasons = survey.sorted { $0.key < $1.key }.compactMap { host, result in
      if case .unreachable(let why) = result { "    \(host): \(why)\n" } else { nil as String? }
    }
    guard !survey.isEmpty, reasons.count == survey.count else { return }
    throw Failure(
      .failed,
      "no host answered, so the CA was not rotated and nothing was changed:\n"
        + reasons.joined() + "Run the command again when the hosts can be reached.")
  }

  /// Which generations each host trusts, and which issued its certificates. Changes nothing.
  package func status() async throws -> (state: FleetState, rotation: RotationStatus) {
    let state = try run.states.read()
    let survey = try await run.withHosts(state) {
      try await run.surveyor.judgedSurvey($0, state).survey
    }
    return (state, rotationStatus(state, survey))
  }

  private func rotationStatus(_ state: FleetState, _ survey: Survey) -> RotationStatus {
    RotationStatus(of: state, hosts: run.workspace.inventory.hosts, survey: survey)
  }

  private var usualFate: Playbook.KeyFate {
    guard case .rotateCA(let fate) = run.playbook.procedure else { return .archive }
    return fate
  }

  /// Removes the old generations, if the hosts report that they no longer need them.
  private func finish(_ flow: ApprovalFlow, _ fate: Playbook.KeyFate) async throws {
    var state = await flow.keeper.state
    let folder = run.ca.folder
    let rotation = rotationStatus(
      state, try await run.surveyor.judgedSurvey(flow.hosts, state).survey)
    for record in state.caGenerations where record.status == .retiring {
      let blockers = rotation.blockers(toRemove: record)
      guard blockers.isEmpty else {
        throw Failure(
          .failed,
          "\"\(record.commonName)\" is still needed. Fix this, then run the same command again to continue:\n"
            + blockers.map { "    \($0)" }.joined(separator: "\n"))
      }
      let isPresent = try folder.listing().certificates.contains(record.generation)
      if isPresent { try folder.finish(record.generation, key: fate) }
      state.retire(RetiredCA(record))
      run.interaction.report(
        "\"\(record.commonName)\" is no longer trusted by any host"
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
  /// Warnings that name the hosts that still accept a compromised key.
  fileprivate func exposureWarnings(_ state: FleetState) -> [String] {
    state.caGenerations.filter { $0.status == .retiring }.compactMap { record in
      let hosts = rows.filter { $0.trusts.contains(record.keyIdentifier) }.map(\.host)
      guard !hosts.isEmpty else { return nil }
      return "until the last stage is complete, \(hosts.joined(separator: ", ")) still"
        + " \(hosts.count == 1 ? "accepts" : "accept") certificates signed with the key of"
        + " \"\(record.commonName)\""
    }
  }
}
