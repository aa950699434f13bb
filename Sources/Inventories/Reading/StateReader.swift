internal import Diagnostics
internal import YAML

extension StatePlace {
  /// Reads `state:`: a database, as a mapping or as a connection string.
  static func read(_ entry: Node.Entry, _ found: inout DiagnosticCollector) -> StatePlace {
    guard let fields = Fields<StateField>(entry.value, at: entry.place, &found),
      let node = fields.required(.postgresql, &found)
    else { return .files }
    if case .scalar = node.content {
      return .postgresql(PostgreSQLPlace(connection: connection(node, &found)))
    }
    guard let fields = Fields<DatabaseField>(node, &found) else { return .files }
    return .postgresql(
      PostgreSQLPlace(
        service: fields[.service]?.read(ServiceName.self, &found),
        connection: fields[.connection].flatMap { connection($0, &found) }))
  }

  /// Reads how the database is reached; a password is reported without showing it.
  private static func connection(
    _ node: Node, _ found: inout DiagnosticCollector
  ) -> ConnectionText? {
    if case .scalar(let scalar) = node.content, ConnectionText.hasPassword(scalar.text) {
      found.report(.passwordInConnection(at: node.place))
      return nil
    }
    return node.read(ConnectionText.self, &found)
  }
}
