package import Fleet
package import Logging
import Planning
package import State

/// The SSH connections of a run: one for each host, opened by the survey and reused until the end.
package actor HostPool {
  private let connector: any Connector
  nonisolated let program: HostProgram
  nonisolated let budgets: Budgets
  private let recognize: @Sendable (String) -> ShownManifest
  private let report: @Sendable (ProgressEvent) -> Void
  private let log: Logger
  private var open: [HostName: any RemoteHost] = [:]
  /// Processes of the host program that have finished their call and wait for another one.
  private var waiting: [HostName: Conversation] = [:]
  /// Why hosts could not be surveyed, if the cause is on the controller.
  private var localCauses: [HostName: String] = [:]

  /// A logger of which nothing is shown.
  static let silent = Logger(label: "hosts") { _ in SwiftLogNoOpLogHandler() }

  /// - Parameters:
  ///   - recognize: checks the signature of a manifest.
  ///   - log: gets what is sent to hosts and what they say, in a bounded form.
  package init(
    connector: any Connector, program: HostProgram, budgets: Budgets = Budgets(),
    recognize: @escaping @Sendable (String) -> ShownManifest, log: Logger? = nil,
    report: @escaping @Sendable (ProgressEvent) -> Void
  ) {
    self.log = log ?? Self.silent
    self.connector = connector
    self.program = program
    self.budgets = budgets
    self.recognize = recognize
    self.report = report
  }

  /// The logger of one host.
  private func log(of host: HostName) -> Logger {
    var log = log
    log[metadataKey: "host"] = "\(host)"
    return log
  }

  /// Calls the host program: in the process that has finished the last call, if it still waits; else in a new
  /// one.
  func call(
    _ command: HostCommand, _ name: HostName, _ connection: HostAccess, _ budget: Budget
  ) async throws -> Conversation {
    if let conversation = waiting.removeValue(forKey: name) {
      if command.takesConnection {
        await conversation.end(budget)
      } else if await conversation.goOn(with: command, of: program, budget) {
        return conversation
      }
    }
    return try await Conversation.start(
      command, of: program, on: try await host(name, connection), becoming: connection.usesSudo,
      budget, log: log(of: name))
  }

  /// Keeps a process that has finished its call for the next one.
  func keep(_ conversation: Conversation, _ name: HostName) { waiting[name] = conversation }

  private func host(_ name: HostName, _ connection: HostAccess) async throws -> any RemoteHost {
    if let host = open[name] { return host }
    report(.connecting(host: name))
    let host = try await connector.connect(to: name, connection)
    open[name] = host
    return host
  }

  /// Closes a connection that no longer answers, so that the next use opens another.
  func forget(_ name: HostName) async {
    waiting[name] = nil
    await open.removeValue(forKey: name)?.close()
  }

  package func close() async {
    let hosts = Array(open.values)
    open = [:]
    waiting = [:]
    await forEach(hosts, limit: hosts.count) {
      await $0.close()
    } whenDone: { _ in
    }
  }

  /// Surveys every host, with a limited number at the same time.
  package func survey(
    _ hosts: [(name: HostName, connection: HostAccess)], parallel: Int
  ) async -> Survey {
    var survey: Survey = [:]
    report(.began(Activity("asking", past: "answered", hosts: hosts.map(\.name))))
    await forEach(hosts, limit: parallel) { host in
      (host.name, await self.survey(host.name, host.connection))
    } whenDone: { name, result in
      survey[name] = result
      report(.finished(member: name.text))
    }
    report(.ended)
    return survey
  }

  /// Why no host could be surveyed, if the cause is on the controller and the same for all.
  package func localCause(of survey: Survey) -> String? {
    guard let cause = survey.keys.first.flatMap({ localCauses[$0] }) else { return nil }
    return survey.keys.allSatisfy { localCauses[$0] == cause } ? cause : nil
  }

  private func note(_ cause: String, _ host: HostName) { localCauses[host] = cause }

  nonisolated func survey(_ name: HostName, _ connection: HostAccess) async -> SurveyResult {
    do {
      let conversation = try await call(
        .survey(vulnerabilities: NginxVulnerability.names), name, connection, budgets.survey)
      var reader = SurveyReader(recognize: recognize)
      while !reader.isComplete, let said = try await conversation.next(SurveyMessage.self) {
        if case .message(let message) = said { try reader.read(message) }
      }
      guard let observation = reader.result else {
        return .unreachable(RefusalText.shellEnded(try await conversation.finish(), connection))
      }
      await keep(conversation, name)
      report(.surveyed(host: name))
      return .observed(observation)
    } catch {
      await forget(name)
      if let cause = (error as? any LocalFailure)?.localCause { await note(cause, name) }
      return .unreachable(reason(of: error, on: name))
    }
  }

  /// The manifest of a release that a host still has; nil if it has none.
  package nonisolated func manifest(
    of release: ReleaseNumber, on name: HostName, _ connection: HostAccess
  ) async throws -> ShownManifest? {
    let conversation = try await call(
      .manifest(release: release), name, connection, budgets.manifest)
    var lines: [String] = []
    while let said = try await conversation.next(ManifestMessage.self) {
      switch said {
      case .message(.line(let line)): lines.append(line + "\n")
      case .message(.end):
        await keep(conversation, name)
        return lines.isEmpty ? nil : recognize(lines.joined())
      case .quoted: break
      }
    }
    throw HostFault(RefusalText.shellEnded(try await conversation.finish(), connection))
  }
}

extension HostPool {
  /// How many TCP connections peers have to ports of a host, and how many of its nginx workers are shutting down.
  package nonisolated func connections(
    to ports: Set<Port>, from peers: Set<IPAddress>, on name: HostName, _ connection: HostAccess
  ) async throws -> OpenConnections {
    do {
      return try await counted(.connections(ports: ports, peers: peers), name, connection)
    } catch {
      await forget(name)
      throw HostFault(reason(of: error, on: name))
    }
  }

  private nonisolated func counted(
    _ command: HostCommand, _ name: HostName, _ connection: HostAccess
  ) async throws -> OpenConnections {
    let conversation = try await call(command, name, connection, budgets.manifest)
    var count: Int?
    var retiring = 0
    while let said = try await conversation.next(ConnectionsMessage.self) {
      switch said {
      case .message(.open(let number)): count = number
      case .message(.retiring(let number)): retiring = number
      case .message(.end):
        await keep(conversation, name)
        guard let count else { throw HostFault("it does not report its connections") }
        return OpenConnections(count: count, retiringWorkers: retiring)
      case .quoted: break
      }
    }
    throw HostFault(RefusalText.shellEnded(try await conversation.finish(), connection))
  }
}

/// Runs `body` for each element with at most `limit` tasks at the same time, while `goesOn` is true, and
/// passes on each result as it arrives.
package func forEach<Element: Sendable, Output: Sendable>(
  _ elements: [Element], limit: Int, while goesOn: () -> Bool = { true },
  _ body: @escaping @Sendable (Element) async -> Output,
  isolation: isolated (any Actor)? = #isolation, whenDone: (Output) async -> Void
) async {
  await withTaskGroup(of: Output.self) { group in
    var rest = elements[...]
    func start() {
      guard goesOn(), let element = rest.popFirst() else { return }
      group.addTask { await body(element) }
    }
    for _ in 0..<max(1, limit) { start() }
    while let output = await group.next() {
      await whenDone(output)
      start()
    }
  }
}
