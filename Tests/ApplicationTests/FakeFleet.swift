import Application
import Execution
import Fleet
import FleetLiterals
import Planning
import State
import Synchronization

/// Hosts in memory: answer a survey with what the test says, and take every plan.
final class FakeFleet: FleetAccess, FleetHosts {
  struct Seen {
    /// The hosts of each survey.
    var surveys: [[HostName]] = []
    var plans: [Plan] = []
    /// The hosts whose connections were counted, each time.
    var counted: [HostName] = []
    var isClosed = false
  }

  private let answers: Survey
  /// The manifests of releases that hosts still have, by host.
  private let manifests: [HostName: ShownManifest]
  /// The connections that front-ends have, by host.
  private let openConnections: [HostName: Int]
  /// What happens while a plan is carried out.
  private let meanwhile: @Sendable (RolloutMeans) async throws -> Void
  private let all = Mutex(Seen())

  var seen: Seen { all.withLock(\.self) }
  let traffic = SSHTraffic()

  /// - Parameter answers: of hosts that are not fresh.
  init(
    answers: Survey = [:], manifests: [HostName: ShownManifest] = [:],
    openConnections: [HostName: Int] = [:],
    meanwhile: @escaping @Sendable (RolloutMeans) async throws -> Void = { _ in }
  ) {
    self.answers = answers
    self.manifests = manifests
    self.openConnections = openConnections
    self.meanwhile = meanwhile
  }

  func open(
    recognizing recognize: @escaping @Sendable (String) -> ShownManifest
  ) -> any FleetHosts {
    self
  }

  /// A host on which `deploy` has installed nothing yet.
  static var freshHost: HostObservation {
    HostObservation(clock: .current, hasSystemd: true, nginxVersion: "1.26.0")
  }

  func survey(_ hosts: [(name: HostName, connection: HostAccess)]) -> Survey {
    all.withLock { $0.surveys.append(hosts.map(\.name).sorted()) }
    return Dictionary(
      uniqueKeysWithValues: hosts.map {
        ($0.name, answers[$0.name] ?? .observed(Self.freshHost))
      })
  }

  func localCause(of survey: Survey) -> String? { nil }

  func manifest(of release: ReleaseNumber, on host: HostName, _ connection: HostAccess)
    -> ShownManifest?
  {
    manifests[host]
  }

  func connections(
    to ports: Set<Port>, from peers: Set<IPAddress>, on host: HostName, _ connection: HostAccess
  ) -> OpenConnections {
    all.withLock { $0.counted.append(host) }
    return OpenConnections(count: openConnections[host] ?? 0)
  }

  func carryOut(_ plan: Plan, with means: RolloutMeans) async throws -> Summary {
    all.withLock { $0.plans.append(plan) }
    try await meanwhile(means)
    let results = plan.hosts.map { ($0.host, HostResult.confirmed(.release(1))) }
    return Summary(results: Dictionary(results) { $1 })
  }

  func close() { all.withLock { $0.isClosed = true } }
}
