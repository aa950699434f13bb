import ArgumentParser
import Execution
import Fleet
import Planning
import SSH

/// `deploy hosts`
struct HostsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hosts", abstract: "Shows and accepts the SSH keys of new hosts.",
    subcommands: [Trust.self])

  struct Trust: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Shows the keys of hosts that known_hosts does not have, and accepts them all at once.",
      discussion: """
        Compare the fingerprints with what "ssh-keygen -lf" says on the hosts themselves. Hosts whose \
        key changed are never accepted. Jump hosts come first: what is behind a new one can only be \
        asked when it is trusted.
        """)

    @OptionGroup var options: FleetOptions
    @OptionGroup var hosts: HostOptions
    @Flag(help: "Accept without asking.") var yes = false

    func run() async throws {
      try await reporting {
        let session = try Session(options, hosts)
        let trust = HostTrust(
          client: session.client, destinations: session.destinations, parallel: session.parallel)
        let state = try session.readState()
        try session.refuseUnknownHosts(state)
        let hosts = session.hosts(state)
        let (accepted, failures) = try await trust.run(hosts) { keys in
          Console.output(Self.table(keys))
          return yes || Console.confirm("Accept \(keys.count == 1 ? "it" : "these \(keys.count)")?")
        }
        for failure in failures { Console.error("deploy: \(failure)") }
        guard failures.isEmpty else { throw Failure(.failed) }
        if accepted == 0 {
          Console.output("Nothing to do: no host has a new key (\(hosts.count) asked).")
        }
      }
    }

    private static func table(_ keys: [NewHostKey]) -> String {
      let width = keys.map(\.label.count).max() ?? 0
      return keys.map { key in
        let label = key.label + String(repeating: " ", count: width - key.label.count)
        return "\(label)  \(key.type) \(key.fingerprint)  \(key.name)"
      }.joined(separator: "\n")
    }
  }
}

/// Asks hosts for their keys, jump hosts first, and has the new ones accepted.
struct HostTrust {
  let client: SSHClient
  let destinations: SSHDestinations
  let parallel: Int

  /// - Returns: how many keys were recorded, and what went wrong, a line a host.
  func run(
    _ hosts: [(name: String, connection: HostAccess)],
    accept: ([NewHostKey]) throws -> Bool
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
    // Level by level: the nearest jump hosts, those behind them, and last the hosts themselves.
    for level in 0...depth {
      var seen: Set<String> = []
      let round = targets.compactMap { target -> Destination? in
        if level == depth { return target }
        guard level < target.jumps.count else { return nil }
        return target.jump(level)
      }.filter { seen.insert($0.description).inserted }
      let (keys, problems) = await ask(round)
      failures += problems
      guard !keys.isEmpty else { continue }
      guard try accept(keys) else { return (accepted, failures + ["nothing more was accepted"]) }
      try client.trust(keys)
      accepted += keys.count
      Console.error("deploy: recorded in \(Set(keys.map(\.file)).sorted().joined(separator: ", "))")
    }
    return (accepted, failures)
  }

  private func ask(_ targets: [Destination]) async -> ([NewHostKey], [String]) {
    var (keys, problems): ([NewHostKey], [String]) = ([], [])
    await withTaskGroup(of: Result<NewHostKey?, SSHError>.self) { group in
      var rest = targets[...]
      func next() {
        guard let target = rest.popFirst() else { return }
        group.addTask { [client] in
          do throws(SSHError) {
            return .success(try await client.newHostKey(of: target))
          } catch {
            return .failure(error)
          }
        }
      }
      for _ in 0..<parallel { next() }
      while let result = await group.next() {
        switch result {
        case .success(let key): if let key { keys.append(key) }
        case .failure(let error): problems.append(error.description)
        }
        next()
      }
    }
    return (keys.sorted { ($0.label, $0.name) < ($1.label, $1.name) }, problems.sorted())
  }
}
