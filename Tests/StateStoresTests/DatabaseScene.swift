import Fleet
import FleetLiterals
import Foundation
import PostgreSQL
import State
import TestSupport
import Testing

@testable import StateStores

/// A database of its own on a server that the tests of this process share.
struct DatabaseScene {
  private static let shared = Task {
    try await PostgreSQLServer(settings: ["max_connections": "200"])
  }

  let server: PostgreSQLServer
  let database: String

  /// - Parameters:
  ///   - server: nil for the shared one.
  ///   - hasTables: whether the tables are made.
  init(on server: PostgreSQLServer? = nil, hasTables: Bool = true) async throws {
    if let server { self.server = server } else { self.server = try await Self.shared.value }
    database = try self.server.makeDatabase()
    if hasTables { _ = try store().makeTables() }
  }

  /// One program's view of the database.
  func store(fleet: String = "shop", as user: String = "deploy") -> StateDatabase {
    StateDatabase(
      DatabaseAddress(connection: server.connection(to: database, as: user)), place: "the database",
      fleet: fleet)
  }

  @discardableResult
  func run(_ sql: String) throws -> String { try server.run(sql, in: database) }

  static func holder(_ who: String = "anna@laptop", _ what: String = "apply") -> LockHolder {
    LockHolder(
      who: who, since: Timestamp(secondsSince1970: 1_800_000_000), what: what, processID: 7)
  }

  /// Reserves without waiting.
  static func reserve(
    _ hosts: ReservedHosts = .fleet, in store: StateDatabase, as who: String = "anna@laptop"
  ) async throws -> any Reservation {
    try await store.reserve({ _ in hosts }, for: holder(who), waiting: .none)
  }

  /// A store with a state of that number of hosts.
  func filled(hosts: Int) async throws -> StateDatabase {
    let store = store()
    let reservation = try await Self.reserve(in: store)
    var open = try store.open(in: reservation)
    try open.write(TemporaryFolder.fleet(hosts: hosts))
    await reservation.end()
    return store
  }
}

/// The code of an error of a database; records an issue if there is none.
func code(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async throws -> StateDatabaseError {
  do {
    try await body()
  } catch let error as StateDatabaseError {
    return error
  }
  Issue.record("no error", sourceLocation: sourceLocation)
  throw CancellationError()
}
