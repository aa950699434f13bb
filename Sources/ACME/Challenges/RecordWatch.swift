import Diagnostics
import Fleet

/// Waits until name servers show TXT records.
struct RecordWatch: Sendable {
  /// Why the records cannot be seen.
  struct Failure: Error, Hashable, CustomStringConvertible { let description: String }

  private static let secondsBetweenRounds: Int64 = 2
  /// A server that gave no answer this often in a row is left out if another one shows the record: that is
  /// what resolvers do.
  private static let mostSilences = 3

  /// The servers that have to show a record.
  enum Servers: Hashable, Sendable {
    /// Those of the record's zone. Another port than DNS's is for tests.
    case authoritative(port: Port = .dns)
    /// These, which may ask others.
    case resolvers([DNSServer])
  }

  /// Finds the servers of a zone.
  let dns: DNSClient
  let servers: Servers
  let clock: any ACMEClock
  let seconds: Int64

  /// A server from which values are expected.
  private struct Expectation: Sendable {
    let name: String
    let values: Set<String>
    let server: NameServers.Server
    var finding = Finding.missing([])
    var silences = 0
  }

  /// What a server shows.
  private enum Finding: Hashable {
    case shown
    case missing([String])
    case silent(String)
  }

  /// - Parameter values: the values that each name must have, by name.
  /// - Throws: ``Failure`` at the deadline, ``DNSError`` if the servers cannot be found.
  func wait(for values: [String: Set<String>]) async throws {
    let deadline = clock.now.adding(seconds: seconds)
    var expected: [Expectation] = []
    for (name, values) in values.sorted(by: { $0.key < $1.key }) {
      for server in try await servers(for: name) {
        expected.append(Expectation(name: name, values: values, server: server))
      }
    }
    while true {
      expected = await looked(expected)
      try Task.checkCancellation()
      let open = expected.filter { isOpen($0, among: expected) }
      if open.isEmpty { return }
      guard clock.now.adding(seconds: Self.secondsBetweenRounds) <= deadline else {
        throw Failure(description: description(of: open))
      }
      try await clock.wait(seconds: Self.secondsBetweenRounds)
    }
  }

  private func servers(for name: String) async throws(DNSError) -> [NameServers.Server] {
    switch servers {
    case .authoritative(let port): try await dns.nameServers(for: name, port: port).servers
    case .resolvers(let servers):
      servers.map { NameServers.Server(name: "\($0)", addresses: [$0]) }
    }
  }

  private func isOpen(_ expectation: Expectation, among all: [Expectation]) -> Bool {
    switch expectation.finding {
    case .shown: false
    case .missing: true
    case .silent:
      expectation.silences < Self.mostSilences
        || !all.contains { $0.name == expectation.name && $0.finding == .shown }
    }
  }

  /// Asks the servers that do not show their values yet, all at once.
  private func looked(_ expected: [Expectation]) async -> [Expectation] {
    await withTaskGroup(of: (Int, Finding).self) { group in
      for (index, expectation) in expected.enumerated() where expectation.finding != .shown {
        group.addTask { (index, await look(expectation)) }
      }
      var expected = expected
      for await (index, finding) in group {
        expected[index].finding = finding
        if case .silent = finding {
          expected[index].silences += 1
        } else {
          expected[index].silences = 0
        }
      }
      return expected
    }
  }

  /// A server shows the values if each of its addresses that answers does: some may not be reachable from
  /// here, such as those of IPv6.
  private func look(_ expectation: Expectation) async -> Finding {
    let isRecursive = if case .resolvers = servers { true } else { false }
    var isShown = false
    var silence = "no address"
    for address in expectation.server.addresses {
      do throws(DNSError) {
        let answer = try await dns.ask(
          address, expectation.name, "TXT", isRecursive: isRecursive)
        guard answer.isConclusive else {
          silence = "status \(answer.status)"
          continue
        }
        let found = answer.records("TXT").map { $0.strings.joined() }
        guard expectation.values.isSubset(of: found) else { return .missing(found.sorted()) }
        isShown = true
      } catch {
        silence = error.description
      }
    }
    return isShown ? .shown : .silent(silence)
  }

  private func description(of open: [Expectation]) -> String {
    let places = open.map { expectation in
      let name = HostText(expectation.server.name)
      switch expectation.finding {
      case .silent(let reason): return "\(name) cannot answer (\(reason))"
      case .missing([]): return "\(name) has no such record"
      case .missing(let found):
        let values = found.prefix(5).map { "\"\(HostText($0, limit: 80))\"" }
        return "\(name) has \(values.joined(separator: ", "))"
      case .shown: return "\(name)"
      }
    }
    let records = Set(open.map(\.name)).sorted().map { HostText($0).text }
    let values = Set(open.flatMap(\.values)).sorted().map { "\"\($0)\"" }
    return "the TXT record \(records.joined(separator: ", ")) does not have the value "
      + "\(values.joined(separator: ", ")) on every name server after \(seconds) s: "
      + places.joined(separator: "; ")
  }
}
