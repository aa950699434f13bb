import CAStore
package import Execution
import Files
package import Fleet
import Inventories
import Planning
import State

/// Puts a site into maintenance, or ends that (`deploy maintenance`): its front-ends answer 503 to all but some
/// visitors. The state has the wish before any host is touched, and every apply keeps it.
package struct MaintainSite {
  /// What front-ends do meanwhile.
  package struct Settings: Sendable {
    /// The path of a page in HTML; nil for the default page.
    package var page: String?
    /// The addresses that are answered as usual.
    package var allowed: [AddressRange]
    package var retryAfter: Period

    package init(page: String?, allowed: [AddressRange], retryAfter: Period) {
      self.page = page
      self.allowed = allowed
      self.retryAfter = retryAfter
    }
  }

  private let run: FleetRun
  private let domain: DomainName

  package init(_ run: FleetRun, site domain: DomainName) {
    self.run = run
    self.domain = domain
  }

  package func begin(_ settings: Settings) async throws -> Summary {
    let page = try settings.page.map(Self.page)
    let record = SiteMaintenance(
      site: domain, since: .current, by: Workspace.user, page: page,
      allowed: Set(settings.allowed).sorted { "\($0)" < "\($1)" },
      retryAfter: settings.retryAfter.seconds)
    return try await change("maintenance on") { $0.begin(record) }
  }

  package func end() async throws -> Summary {
    try await change("maintenance off") { [domain] in $0.endMaintenance(of: domain) }
  }

  /// Changes the wish, and carries it out on the front-ends of the site.
  private func change(
    _ command: String, _ change: (inout FleetState) -> Void
  ) async throws -> Summary {
    guard let site = run.workspace.inventory.sites.first(where: { $0.domain == domain }) else {
      throw Failure(.usage, "this fleet has no site \(domain): see the inventory for the domains")
    }
    let frontEnds = try run.limited(to: site.frontEnds)
    return try await frontEnds.whileLocked(for: command, reserving: .scope) { flow in
      var state = await flow.keeper.state
      try flow.run.ca.folder.refuseWithoutCA(state)
      let before = state.maintenance
      change(&state)
      try Self.checkPages(of: state)
      let survey = try await flow.run.surveyor.survey(flow.hosts, &state)
      await flow.keeper.hold(state)
      let plan = try await flow.run.planner.plan(survey, state)
      try await flow.approve(plan, changesState: state.maintenance != before)
      if state.maintenance != before { try await flow.keeper.save(state) }
      return try await flow.finish(try await flow.execute(plan))
    }
  }

  /// A survey sends the pages of a front-end, each line with its path.
  private static func checkPages(of state: FleetState) throws {
    let bytes = state.maintenance.reduce(0) { $0 + ($1.page?.utf8.count ?? 0) }
    guard bytes > SiteMaintenance.largestPages else { return }
    throw Failure(
      .invalidInput,
      "the pages of all sites in maintenance would have \(bytes) bytes, more than \(SiteMaintenance.largestPages): use a"
        + " smaller page")
  }

  /// Reads a page by the rules for snippets, because plans show it too.
  private static func page(_ path: String) throws -> String {
    let bytes = try Failure.naming(.invalidInput) { () throws(FileError) in
      try FileReader.read(path, as: .snippet)
    }
    guard bytes.count <= SiteMaintenance.longestPage else {
      throw Failure(
        .invalidInput,
        "\(path) has \(bytes.count) bytes, more than the \(SiteMaintenance.longestPage) that a maintenance page may have"
      )
    }
    do {
      return try UserText.read(bytes, at: path)
    } catch {
      throw Failure(.invalidInput, "\(error)")
    }
  }
}
