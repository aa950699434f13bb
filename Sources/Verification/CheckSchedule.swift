import Fleet

/// How many checks run at the same time.
package struct CheckLimits: Hashable, Sendable {
  /// Hosts that are logged in to or from which edges are tried. Not counted are those that only wait for a
  /// connection that must be refused.
  package var hosts: Int
  /// The same, of the hosts behind one jump host or container host.
  package var hostsPerBastion = 64
  /// Connections from one host to others, which sshd carries in one process.
  package var probesPerHost = 8
  /// Hosts with an open connection: each takes memory here and a process there.
  package var connections = 1_024

  package init(hosts: Int) { self.hosts = hosts }
}

/// The order in which checks run: where deploy logs in, and what is tried from there, within limits.
///
/// A host's edges come first, then the connections that its targets must refuse, most of which are silent for
/// seconds; so the busiest hosts begin first, and the waits of all others pass meanwhile.
struct CheckSchedule {
  /// A check, by its place in the list of its kind.
  enum Check: Hashable, Sendable {
    case edge(Int)
    case publicEndpoint(Int)
    case forbiddenConnection(Int)
  }

  /// The checks from one host.
  struct Source: Sendable {
    let host: HostName
    let bastion: String?
    var probes: [Check] = []
    var waits: [Check] = []
  }

  enum Job: Hashable, Sendable {
    case logIn(HostName)
    case run(Check, from: HostName)
    case logOut(HostName)
  }

  private struct Progress {
    let bastion: String?
    var probes: ArraySlice<Check>
    var waits: ArraySlice<Check>
    let waitsAtOnce: Int
    var runningProbes = 0
    var runningWaits = 0
    /// Whether it counts against the limit of hosts.
    var isBusy = true
  }

  private let limits: CheckLimits
  /// The hosts that have not begun, by bastion.
  private var queues: [(bastion: String?, hosts: ArraySlice<Source>)]
  private var begun: [HostName: Progress] = [:]
  private var busy: [String?: Int] = [:]
  private var busyCount = 0

  init(_ sources: [Source], _ limits: CheckLimits) {
    self.limits = limits
    let sorted = sources.enumerated().sorted {
      ($1.element.probes.count, $0.offset) < ($0.element.probes.count, $1.offset)
    }.map(\.element)
    let groups = Dictionary(grouping: sorted, by: \.bastion)
    var seen: Set<String?> = []
    queues = sorted.map(\.bastion).filter { seen.insert($0).inserted }.map {
      ($0, groups[$0, default: []][...])
    }
  }

  /// The first jobs, and later those that the limits allow after others have ended.
  mutating func logins() -> [Job] {
    var jobs: [Job] = []
    for index in queues.indices {
      let bastion = queues[index].bastion
      while busyCount < limits.hosts, begun.count < limits.connections,
        bastion == nil || busy[bastion, default: 0] < limits.hostsPerBastion,
        let source = queues[index].hosts.popFirst()
      {
        begun[source.host] = Progress(
          bastion: bastion, probes: source.probes[...], waits: source.waits[...],
          // Each takes another connection: a host with few waits has them one after the other.
          waitsAtOnce: max(1, min(4, (source.waits.count + 3) / 4)))
        busy[bastion, default: 0] += 1
        busyCount += 1
        jobs.append(.logIn(source.host))
      }
    }
    queues.removeAll { $0.hosts.isEmpty }
    return jobs
  }

  /// What to run when a host is logged in to.
  mutating func loggedIn(to host: HostName) -> [Job] { jobs(from: host) }

  /// What to run when a host cannot be logged in to, and the checks that cannot run.
  mutating func failed(at host: HostName) -> (jobs: [Job], untried: [Check]) {
    guard let progress = begun[host] else { return ([], []) }
    begun[host]?.probes = []
    begun[host]?.waits = []
    return (jobs(from: host), Array(progress.probes) + progress.waits)
  }

  /// What to run when a check has ended.
  mutating func ended(_ check: Check, from host: HostName) -> [Job] {
    if case .forbiddenConnection = check {
      begun[host]?.runningWaits -= 1
    } else {
      begun[host]?.runningProbes -= 1
    }
    return jobs(from: host)
  }

  private mutating func jobs(from host: HostName) -> [Job] {
    guard var progress = begun[host] else { return [] }
    var jobs: [Job] = []
    while progress.runningProbes < limits.probesPerHost, let check = progress.probes.popFirst() {
      progress.runningProbes += 1
      jobs.append(.run(check, from: host))
    }
    if progress.runningProbes == 0 {
      while progress.runningWaits < progress.waitsAtOnce, let check = progress.waits.popFirst() {
        progress.runningWaits += 1
        jobs.append(.run(check, from: host))
      }
      if progress.isBusy {
        progress.isBusy = false
        busy[progress.bastion, default: 0] -= 1
        busyCount -= 1
      }
    }
    begun[host] = progress
    if progress.runningProbes == 0, progress.runningWaits == 0 {
      begun[host] = nil
      jobs.append(.logOut(host))
    }
    return jobs + logins()
  }
}

extension CheckSchedule.Source {
  /// Begins the probes elsewhere in the list, so that hosts with the same targets do not all try the same one.
  mutating func rotate(by share: Double) {
    let first = Int(Double(probes.count) * share)
    probes = Array(probes[first...] + probes[..<first])
  }
}
