import Execution
import Fleet
import Planning

/// The checks of one `deploy verify` while they run, with the results so far.
struct CheckRun {
  private(set) var edges: [EdgeFinding]
  private(set) var publicEndpoints: [PublicEndpointFinding]
  private(set) var forbiddenConnections: [ForbiddenConnectionFinding]
  private let checks: FleetChecks
  private let probe: FleetProbe
  private var schedule: CheckSchedule
  private var progress: CheckProgress

  private enum Outcome: Sendable {
    case loggedIn(HostName)
    case failed(HostName, UnreachableHost)
    case edge(Int, EdgeFinding)
    case publicEndpoint(Int, PublicEndpointFinding)
    case forbiddenConnection(Int, ForbiddenConnectionFinding)
    case loggedOut
  }

  init(_ checks: FleetChecks, _ probe: FleetProbe, _ limits: CheckLimits) {
    self.checks = checks
    self.probe = probe
    edges = checks.edges.map { EdgeFinding($0) }
    publicEndpoints = checks.publicEndpoints.map { PublicEndpointFinding($0) }
    forbiddenConnections = checks.forbiddenConnections.map { ForbiddenConnectionFinding($0) }
    schedule = CheckSchedule(Self.sources(of: checks, probe), limits)
    progress = CheckProgress(
      edges: checks.edges.count,
      others: checks.publicEndpoints.count + checks.forbiddenConnections.count)
  }

  private static func sources(
    of checks: FleetChecks, _ probe: FleetProbe
  ) -> [CheckSchedule.Source] {
    var places: [HostName: Int] = [:]
    var sources: [CheckSchedule.Source] = []
    func place(of host: HostName) -> Int {
      if let place = places[host] { return place }
      places[host] = sources.count
      sources.append(.init(host: host, bastion: probe.bastion(of: host)))
      return sources.count - 1
    }
    for (index, edge) in checks.edges.enumerated() {
      sources[place(of: edge.frontEnd)].probes.append(.edge(index))
    }
    let frontEnds = sources.count
    for index in sources.indices { sources[index].rotate(by: Double(index) / Double(frontEnds)) }
    for (index, endpoint) in checks.publicEndpoints.enumerated() {
      sources[place(of: endpoint.frontEnd)].probes.append(.publicEndpoint(index))
    }
    for (index, connection) in checks.forbiddenConnections.enumerated() {
      sources[place(of: connection.host)].waits.append(.forbiddenConnection(index))
    }
    return sources
  }

  /// Runs all checks, as many at a time as the limits allow.
  mutating func carryOut(report: @Sendable (ProgressEvent) -> Void) async {
    await withTaskGroup(of: Outcome.self) { group in
      report(.checked(progress))
      var jobs = schedule.logins()
      while true {
        for job in jobs { start(job, in: &group) }
        guard let outcome = await group.next() else { return }
        let before = progress
        jobs = note(outcome)
        if progress != before { report(.checked(progress)) }
      }
    }
  }

  private func start(_ job: CheckSchedule.Job, in group: inout TaskGroup<Outcome>) {
    let (checks, probe) = (checks, probe)
    switch job {
    case .logIn(let host):
      group.addTask {
        do throws(UnreachableHost) {
          try await probe.logIn(to: host)
          return .loggedIn(host)
        } catch {
          return .failed(host, error)
        }
      }
    case .logOut(let host):
      group.addTask {
        await probe.logOut(of: host)
        return .loggedOut
      }
    case .run(.edge(let index), _):
      let edge = checks.edges[index]
      group.addTask { .edge(index, await probe.finding(of: edge)) }
    case .run(.publicEndpoint(let index), _):
      let endpoint = checks.publicEndpoints[index]
      group.addTask { .publicEndpoint(index, await probe.finding(of: endpoint)) }
    case .run(.forbiddenConnection(let index), _):
      let connection = checks.forbiddenConnections[index]
      group.addTask { .forbiddenConnection(index, await probe.finding(of: connection)) }
    }
  }

  /// Keeps a result; returns what to run next.
  private mutating func note(_ outcome: Outcome) -> [CheckSchedule.Job] {
    switch outcome {
    case .loggedIn(let host): return schedule.loggedIn(to: host)
    case .failed(let host, let error):
      let (jobs, untried) = schedule.failed(at: host)
      for check in untried { noteUntried(check, error) }
      return jobs
    case .edge(let index, let finding):
      edges[index] = finding
      progress.edges.done += 1
      return schedule.ended(.edge(index), from: finding.frontEnd)
    case .publicEndpoint(let index, let finding):
      publicEndpoints[index] = finding
      progress.others.done += 1
      return schedule.ended(.publicEndpoint(index), from: finding.frontEnd)
    case .forbiddenConnection(let index, let finding):
      forbiddenConnections[index] = finding
      progress.others.done += 1
      return schedule.ended(.forbiddenConnection(index), from: finding.host)
    case .loggedOut: return []
    }
  }

  private mutating func noteUntried(_ check: CheckSchedule.Check, _ error: UnreachableHost) {
    switch check {
    case .edge(let index):
      edges[index].isTried = false
      edges[index].problems = ["\(error)"]
      progress.edges.done += 1
    case .publicEndpoint(let index):
      publicEndpoints[index].isTried = false
      publicEndpoints[index].problems = ["\(error)"]
      progress.others.done += 1
    case .forbiddenConnection(let index):
      forbiddenConnections[index].isTried = false
      forbiddenConnections[index].problem = "\(error)"
      progress.others.done += 1
    }
  }
}
