import CAStore
package import Execution
import Fleet
import Inventories
import Planning
import State

/// Lets front-ends send back-ends no new requests (`deploy drain`), and again as usual (`deploy undrain`).
///
/// The state has the wish before any host is touched: an interrupted run is completed by the same command or by an
/// apply. Only front-ends change; a drained back-end keeps its release, and gets new ones like any other host.
package struct DrainHosts {
  private let run: FleetRun
  private var inventory: Inventory { run.workspace.inventory }

  /// - Parameter run: its scope has the back-ends.
  package init(_ run: FleetRun) { self.run = run }

  /// Drains the hosts, and waits until the requests that front-ends have sent them are answered.
  ///
  /// - Parameters:
  ///   - isForced: whether sites may be left without a back-end.
  ///   - wait: how long to wait for connections to end.
  package func drain(isForced: Bool, waiting wait: Duration) async throws -> Summary {
    let recorded = try run.states.read()
    let hosts = try backEnds(besides: [])
    let frontEnds = try run.limited(to: frontEnds(of: hosts, recorded))
    return try await frontEnds.whileLocked(for: "drain", reserving: .scope) { flow in
      var state = await flow.keeper.state
      let (earlier, before) = (state, state.drained)
      let drain = HostDrain(since: .current, by: Workspace.user, isForced: isForced)
      for host in hosts { state.drain(host.name, drain) }
      if !isForced { try refuseLast(of: hosts.filter { before[$0.name] == nil }, state) }
      let plan = try await plan(&state, in: flow)
      try await flow.approve(
        plan, refused: "nothing was drained", changesState: state.drained != before)
      if state.drained != before { try await flow.keeper.save(state) }
      var summary = try await flow.execute(plan)
      if summary.isSuccess {
        let state = await flow.keeper.state
        await DrainWait(
          hosts: hosts, inventory: inventory, states: [earlier, state], flow: flow, limit: wait
        ).complete(&summary)
      } else {
        summary.warnings.append(
          "connections were not counted: a front-end that was not changed still sends requests to"
            + " \(hosts.map(\.name).listed())")
      }
      return try await flow.finish(summary)
    }
  }

  /// Lets front-ends send requests to the hosts again. The hosts get what the inventory declares before that.
  package func undrain() async throws -> Summary {
    let recorded = try run.states.read()
    let hosts = try backEnds(besides: Set(recorded.drained.keys))
    let names = hosts.map(\.name)
    let members = try run.limited(to: names + frontEnds(of: hosts, recorded))
    return try await members.whileLocked(for: "undrain", reserving: .scope) { flow in
      var state = await flow.keeper.state
      let before = state.drained
      for host in names { state.undrain(host) }
      let plan = try await plan(&state, in: flow)
      let held = plan.hosts.filter { names.contains($0.host) && $0.hold != nil }
      guard held.isEmpty else {
        throw Failure(
          .failed,
          "nothing was changed, because front-ends would send requests to hosts that may not answer them:\n"
            + held.map { "    \($0.host): \($0.hold?.reasons.joined(separator: "; ") ?? "")" }
            .joined(separator: "\n"))
      }
      try await flow.approve(plan, changesState: state.drained != before)
      if state.drained != before { try await flow.keeper.save(state) }
      return try await flow.finish(try await flow.execute(plan))
    }
  }

  /// A plan for the state with the new wish, which the keeper has from now on.
  private func plan(_ state: inout FleetState, in flow: ApprovalFlow) async throws -> Plan {
    try flow.run.ca.folder.refuseWithoutCA(state)
    let survey = try await flow.run.surveyor.survey(flow.hosts, &state)
    await flow.keeper.hold(state)
    return try await flow.run.planner.plan(survey, state)
  }

  // MARK: - Hosts

  /// The selected back-ends, sorted by name.
  ///
  /// - Parameter drained: hosts that may be selected although they no longer serve a site.
  private func backEnds(besides drained: Set<HostName>) throws -> [Host] {
    let selector = run.scope.selector
    let unknown = selector.unmatchedNames(among: inventory.hosts, others: [])
    guard unknown.isEmpty else {
      throw Failure(
        .usage,
        "the inventory has no host or label \(unknown.joined(separator: ", ")): see it for the names"
      )
    }
    let selected = inventory.hosts.filter(selector.matches)
    // A host in front of a container is selected with it.
    let others = selected.filter {
      inventory.sites(servedBy: $0.name).isEmpty && $0.container == nil
        && !drained.contains($0.name)
    }
    guard others.isEmpty else {
      throw Failure(
        .usage,
        "\(others.map(\.name).listed()) \(others.count == 1 ? "serves" : "serve") no site: only back-ends can be"
          + " drained")
    }
    return selected.filter {
      !inventory.sites(servedBy: $0.name).isEmpty || drained.contains($0.name)
    }
    .sorted { $0.name < $1.name }
  }

  /// The front-ends of the inventory that send requests to the hosts, by the inventory or by their recorded releases.
  private func frontEnds(of hosts: [Host], _ state: FleetState) -> [HostName] {
    let names = Set(hosts.map(\.name))
    let declared = hosts.flatMap { inventory.sites(servedBy: $0.name).flatMap(\.frontEnds) }
    let recorded = state.hosts.filter { name, record in
      inventory.host(named: name) != nil
        && record.release.facts.routes.contains { names.contains($0.host) }
    }
    return Set(declared + recorded.keys).sorted()
  }

  /// Stops if a site would have no other back-end, or only backups.
  private func refuseLast(of hosts: [Host], _ state: FleetState) throws {
    let names = Set(hosts.map(\.name))
    let sites = inventory.sites.filter { site in
      site.upstreams.contains { names.contains($0.host) }
        && !site.upstreams.contains { !$0.isBackup && state.drained[$0.host] == nil }
    }
    guard !sites.isEmpty else { return }
    let lines = sites.map { site in
      let backups = Set(site.upstreams.map(\.host)).filter { state.drained[$0] == nil }.sorted()
      return "    \(site.domain): "
        + (backups.isEmpty
          ? "no back-end would be left" : "only its backup \(backups.listed()) would be left")
    }
    throw Failure(
      .failed,
      "nothing was drained:\n\(lines.joined(separator: "\n"))\nAdd --force to accept that. Visitors of a site"
        + " without back-ends get an error (502)")
  }
}
