import Algorithms
import Execution
import Fleet
import Planning
package import SSH
import State

/// Reads the SSH keys of hosts, jump hosts first, and records the new ones that the user accepts
/// (`deploy hosts trust`).
package struct TrustHosts {
  /// The result of `deploy hosts trust`: hosts contacted, keys recorded, failures.
  package struct Result {
    /// How many hosts were contacted.
    package let asked: Int
    /// How many keys were recorded.
    package let accepted: Int
    /// What went wrong, one line per host.
    package let failures: [String]
  }

  private let run: FleetRun
  private let destinations: SSHDestinations
  private let client: SSHClient

  package init(_ run: FleetRun, _ access: SSHFleetAccess) {
    self.run = run
    destinations = access.destinations
    client = access.client
  }

  /// - Parameter accept: shows new keys and returns whether to record them.
  package func trust(accept: ([NewHostKey]) async throws -> Bool) async throws -> Result {
    let state = try run.states.read()
    try run.surveyor.refuseUnknownHosts(state)
    let hosts = run.surveyor.hosts(state)
    let (accepted, failures) = try await trust(hosts, accept)
    return Result(asked: hosts.count, accepted: accepted, failures: failures)
  }

  /// Reads the keys of the hosts, asks the user once, and records the accepted keys.
  private func trust(
    _ hosts: [(name: HostName, connection: HostAccess)],
    _ accept: ([NewHostKey]) async throws -> Bool
  ) async throws -> (accepted: Int, failures: [String]) {
    var accepted = 0
    var failures: [String] = []
    var targets: [Destination] = []
    for host in hosts {
      do {
        targets.append(try await destinations.destination(of: host.name, host.connection).0)
      } catch {
        failures.append("\(error)")
      }
    }
    let depth = targets.map(\.jumps.count).max() ?? 0
    // Level by level: the nearest jump hosts, then those behind them, and finally the hosts
    // themselves.
    for level in 0...depth {
      let round = targets.compactMap { target -> Destination? in
        if level == depth { return target }
        guard level < target.jumps.count else { return nil }
        return target.jump(level)
      }.uniqued(on: \.description)
      let (keys, problems) = await ask(round)
      failures += problems
      guard !keys.isEmpty else { continue }
      guard try await accept(keys) else {
        return (accepted, failures + ["the remaining keys were not accepted"])
      }
      try client.trust(keys)
      accepted += keys.count
      run.interaction.warn(
        "recorded in \(Set(keys.map(\.file)).sorted().joined(separator: ", "))")
    }
    return (accepted, failures)
  }

  /// The keys of hosts that are not known yet, and an error for each host that could not be asked;
  /// both sorted.
  private func ask(_ targets: [Destination]) async -> ([NewHostKey], [String]) {
    var (keys, problems): ([NewHostKey], [String]) = ([], [])
    let activity = Activity("asking", past: "answered", members: targets.map(\.label))
    run.interaction.show(.began(activity))
    defer { run.interaction.show(.ended) }
    await forEach(targets, limit: run.scope.parallel) { [client] target in
      do throws(SSHError) {
        return (
          target.label,
          Swift.Result<NewHostKey?, SSHError>.success(try await client.newHostKey(of: target))
        )
      } catch {
        return (target.label, .failure(error))
      }
    } whenDone: { label, result in
      run.interaction.show(.finished(member: label))
      switch result {
      case .success(let key): if let key { keys.append(key) }
      case .failure(let error): problems.append(error.description)
      }
    }
    return (
      keys.sorted { left, right in
        left.label == right.label
          ? left.name < right.name : NaturalOrder.isBefore(left.label, right.label)
      }, problems.sorted(by: NaturalOrder.isBefore)
    )
  }
}
