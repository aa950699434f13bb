package import Planning
package import State

/// The hosts of a run and the connections that are open to them: one a host, from the survey on.
package actor Fleet {
  private let connector: any Connector
  private let report: @Sendable (ProgressEvent) -> Void
  private var open: [String: any RemoteHost] = [:]

  package init(
    connector: any Connector, report: @escaping @Sendable (ProgressEvent) -> Void
  ) {
    self.connector = connector
    self.report = report
  }

  func host(_ name: String, _ connection: Connection) async throws -> any RemoteHost {
    if let host = open[name] { return host }
    report(.connecting(host: name))
    let host = try await connector.connect(to: name, connection)
    open[name] = host
    return host
  }

  /// Closes a connection that does not answer any more, so that the next use opens another.
  func forget(_ name: String) async { await open.removeValue(forKey: name)?.close() }

  package func close() async {
    for host in open.values { await host.close() }
    open = [:]
  }

  /// Asks every host what it is, so many at a time.
  package func survey(
    _ hosts: [(name: String, connection: Connection)], parallel: Int
  ) async -> Survey {
    var survey: Survey = [:]
    await forEach(hosts, limit: parallel) { host in
      (host.name, await self.survey(host.name, host.connection))
    } whenDone: { name, result in
      survey[name] = result
    }
    return survey
  }

  private static let secondsToAnswer = 60

  nonisolated func survey(_ name: String, _ connection: Connection) async -> SurveyResult {
    do {
      let conversation = try await ask(
        name, connection, RemoteScript.survey, [NginxHole.names.joined(separator: " ")])
      var reader = SurveyReader()
      while let message = try await conversation.next(withinSeconds: Self.secondsToAnswer) {
        reader.read(message)
      }
      let said = try await conversation.finish()
      guard let observation = reader.result else {
        return .unreachable(
          RefusalText.shellEnded(said, connection))
      }
      report(.surveyed(host: name))
      return .observed(observation)
    } catch {
      await forget(name)
      return .unreachable("\(error)")
    }
  }

  /// The manifest of a release that a host still has; nil where it has none that can be read.
  package nonisolated func manifest(
    of release: Int, on name: String, _ connection: Connection
  ) async throws -> Manifest? {
    let conversation = try await ask(
      name, connection, RemoteScript.manifest, [String(release)])
    var lines: [String] = []
    while let message = try await conversation.next(withinSeconds: Self.secondsToAnswer) {
      if case .event("manifest", let line) = message { lines.append(line + "\n") }
    }
    return Manifest(lines.joined())
  }

  /// Has a host run a script that reads nothing.
  private nonisolated func ask(
    _ name: String, _ connection: Connection, _ script: String, _ arguments: [String] = []
  ) async throws -> Conversation {
    let conversation = Conversation(
      try await host(name, connection).start(
        RemoteScript.command(script, arguments, becoming: connection.becomes)))
    try await conversation.closeInput()
    return conversation
  }
}

/// Runs a body for each element, so many at a time and as long as it may go on, and hands on each
/// result as it comes.
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
