import Execution
import Fleet
import Inventories
import State

/// Waits until front-ends have no connection to drained back-ends.
///
/// After a reload, the new workers of nginx send the back-end nothing, and the old ones close idle connections and
/// end their requests. So each connection that a drained host still has is a request, or a WebSocket.
struct DrainWait: Sendable {
  let hosts: [Host]
  let inventory: Inventory
  /// Before and after the front-ends changed: old workers end requests of the earlier release.
  let states: [FleetState]
  let flow: ApprovalFlow
  let limit: Duration

  /// The time between two looks.
  private static let pause = Duration.seconds(1)

  /// What is known of the connections to each host.
  private struct Count: Sendable {
    var open: [HostName: Int] = [:]
    /// Why the connections of hosts could not be counted.
    var unknown: [HostName: String] = [:]
    var isInterrupted = false

    var total: Int { open.values.reduce(0, +) }
  }

  /// Waits, and adds to the summary of a run what is left.
  func complete(_ summary: inout Summary) async {
    guard limit > .zero else {
      summary.warnings.append("requests that front-ends have begun were not waited for")
      return
    }
    let count = await flow.run.interaction.untilStopped("stopping the wait") {
      await wait()
    } abandon: {
    }
    if count.isInterrupted { summary.stopped = Summary.interrupted }
    let unknown = count.unknown.sorted { $0.key < $1.key }.map {
      "\($0.key) is drained, but its connections could not be counted: \($0.value)"
    }
    let left = count.open.filter { $0.value > 0 }.sorted { $0.key < $1.key }
    let list = left.map { "\($0.key) has \(connections($0.value))" }.joined(separator: ", ")
    let open =
      left.isEmpty
      ? []
      : [
        "after \(limit.wholeSeconds) s \(list) of front-ends that did not end. \(left.count == 1 ? "It stays" : "They stay")"
          + " drained: run the command again to wait longer"
      ]
    let problems = unknown + open
    guard !problems.isEmpty else {
      summary.warnings += await retiringWorkers()
      return
    }
    summary.stopped = summary.stopped ?? problems.joined(separator: "; ")
  }

  private func wait() async -> Count {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    var count = Count()
    var left: [Host] = []
    var isAnnounced = false
    while true {
      // All of them, also those without connections so far: only one look at which none has any is the end.
      await look(at: hosts, &count)
      left = hosts.filter { count.open[$0.name] != 0 }
      count.isInterrupted = Task.isCancelled
      if left.isEmpty || count.isInterrupted || clock.now >= deadline { return count }
      if !isAnnounced {
        isAnnounced = true
        flow.run.interaction.inform(
          "waiting up to \(limit.wholeSeconds) s for \(connections(count.total)) of"
            + " \(left.map(\.name).listed()) to end")
      }
      do {
        try await Task.sleep(for: min(Self.pause, deadline - clock.now))
      } catch {
        count.isInterrupted = true
        return count
      }
    }
  }

  private func look(at hosts: [Host], _ count: inout Count) async {
    await forEach(hosts, limit: flow.run.scope.parallel) { host in
      do {
        let open = try await flow.hosts.connections(
          to: ports(of: host), from: peers(of: host), on: host.name, host.access)
        return (host.name, Result<Int, HostFault>.success(open.count))
      } catch {
        return (host.name, .failure(HostFault("\(error)")))
      }
    } whenDone: { name, result in
      (count.open[name], count.unknown[name]) = (nil, nil)
      switch result {
      case .success(let open): count.open[name] = open
      case .failure(let fault): count.unknown[name] = fault.description
      }
    }
  }

  /// Warnings about front-ends whose old workers have not ended: a request that a visitor is still sending was begun
  /// before the drain, and may reach the back-end when it is complete.
  private func retiringWorkers() async -> [String] {
    var busy: [HostName] = []
    // A worker exits a moment after its last request.
    for look in 1...3 {
      busy = await frontEndsWithRetiringWorkers()
      if busy.isEmpty { return [] }
      guard look < 3 else { break }
      do { try await Task.sleep(for: Self.pause) } catch { break }
    }
    return [
      "nginx on \(busy.listed()) is still finishing earlier requests: one that a visitor has not sent"
        + " completely may still reach a drained back-end"
    ]
  }

  private func frontEndsWithRetiringWorkers() async -> [HostName] {
    let names = Set(hosts.flatMap { inventory.sites(servedBy: $0.name).flatMap(\.frontEnds) })
    var busy: [HostName] = []
    await forEach(names.sorted(), limit: flow.run.scope.parallel) { name -> HostName? in
      guard let host = inventory.host(named: name) else { return nil }
      do {
        let found = try await flow.hosts.connections(to: [], from: [], on: name, host.access)
        return found.retiringWorkers > 0 ? name : nil
      } catch {
        // It has just confirmed its release: that it cannot be asked now is not a reason to fail.
        return nil
      }
    } whenDone: { name in
      if let name { busy.append(name) }
    }
    return busy
  }

  private func connections(_ count: Int) -> String {
    count == 1 ? "1 connection" : "\(count) connections"
  }

  private func ports(of host: Host) -> Set<Port> {
    let declared = inventory.sites(servedBy: host.name).flatMap {
      $0.upstreams(on: host.name).map(\.port)
    }
    let recorded = states.flatMap { $0.hosts[host.name]?.release.facts.services.map(\.port) ?? [] }
    return Set(declared + recorded)
  }

  /// The addresses that front-ends connect from, in any network and of any family.
  private func peers(of host: Host) -> Set<IPAddress> {
    let frontEnds = inventory.sites(servedBy: host.name).flatMap(\.frontEnds)
    var peers = Set(frontEnds.compactMap { inventory.host(named: $0) }.flatMap(\.allAddresses))
    for state in states {
      for (name, record) in state.hosts {
        let facts = record.release.facts
        let routes = facts.routes.filter { $0.host == host.name }
        guard !routes.isEmpty || frontEnds.contains(name) else { continue }
        peers.formUnion(
          [facts.address].compactMap(\.self) + facts.otherAddresses + routes.compactMap(\.source))
      }
      // The host of a container may translate the addresses of its visitors.
      guard let containerHost = host.containerHost?.name else { continue }
      let publications = state.hosts[containerHost]?.release.facts.publications ?? []
      peers.formUnion(publications.filter { $0.host == host.name }.map(\.containerHost))
    }
    return peers
  }
}

extension Duration {
  fileprivate var wholeSeconds: Int64 { components.seconds }
}
