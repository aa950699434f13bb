import Certificates
import Files
import Fleet
import FleetLiterals
import Foundation
import PostgreSQL
import State
import TestSupport
import Testing

@testable import StateStores

@Suite(
  "A database that does not work",
  .requires(
    PostgreSQLServer.isInstalled, "PostgreSQL and root: sudo scripts/install-packages test"))
struct DatabaseFaultTests {
  @Test("without tables says how to make them, and several programs may make them at once")
  func tables() async throws {
    let scene = try await DatabaseScene(hasTables: false)
    let error = try await code { _ = try scene.store().open() }
    #expect(error.code == .notMigrated && error.description.contains("deploy state migrate"))
    try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<4 { group.addTask { try scene.store().makeTables().after } }
      for try await version in group { #expect(version == DatabaseSchema.version) }
    }
    #expect(try scene.store().makeTables().before == DatabaseSchema.version)
    #expect(try scene.store().open().state == nil)
  }

  @Test("with tables of a newer program is refused, with older ones too")
  func versions() async throws {
    let scene = try await DatabaseScene()
    try scene.run("UPDATE deploy.schema_version SET version = 1000")
    #expect(try await code { _ = try scene.store().open() }.code == .newerVersion)
    let files = #expect(throws: FileError.self) { _ = try scene.store().caFiles.names(in: "x") }
    #expect(files?.description.contains("Use the newer deploy") == true)
    try scene.run("UPDATE deploy.schema_version SET version = 0")
    #expect(try await code { _ = try scene.store().open() }.code == .notMigrated)
  }

  @Test("that is read-only, or gives no rights, says so, and nothing is written")
  func rights() async throws {
    let scene = try await DatabaseScene()
    _ = try await scene.filled(hosts: 1)
    try scene.run("ALTER DATABASE \(scene.database) SET default_transaction_read_only = on")
    let readOnly = try await code { _ = try await DatabaseScene.reserve(in: scene.store()) }
    #expect(readOnly.code == .readOnly)
    #expect(try scene.store().open().state?.hosts.count == 1)
    try scene.server.run("ALTER DATABASE \(scene.database) RESET default_transaction_read_only")
    let stranger = "stranger_\(scene.database)"
    try scene.run("CREATE USER \(stranger)")
    let denied = try await code { _ = try scene.store(as: stranger).open() }
    #expect(denied.code == .permissionDenied)
  }

  @Test("that cannot be reached says what libpq says, without the password")
  func unreachable() async throws {
    let secret = "poisoned-\(UInt64.random(in: .min ... .max))"
    setenv("PGPASSFILE", "/nonexistent", 1)
    for connection in ["host=/nonexistent", "host=127.0.0.1 port=1", "nonsense=1", "service=none"] {
      var bytes = Array(secret.utf8)
      let store = StateDatabase(
        DatabaseAddress(connection: connection, password: .init(wiping: &bytes)),
        place: "the database", fleet: "shop")
      let error = try await code { _ = try store.open() }
      #expect(error.code == .unreachable)
      #expect(!error.description.contains(secret) && error.description.count > 60)
    }
  }

  @Test("with a password gets it, and a wrong one is refused")
  func password() async throws {
    let scene = try await DatabaseScene(
      on: PostgreSQLServer(settings: ["hba_file": try Self.passwordRules()]), hasTables: false)
    try scene.run("CREATE USER keyed PASSWORD 'right one' SUPERUSER")
    func store(_ password: String) -> StateDatabase {
      var bytes = Array(password.utf8)
      return StateDatabase(
        DatabaseAddress(
          connection: scene.server.connection(to: scene.database, as: "keyed"),
          password: .init(wiping: &bytes)), place: "the database", fleet: "shop")
    }
    #expect(try store("right one").makeTables().after == DatabaseSchema.version)
    #expect(try await code { _ = try store("wrong one").open() }.code == .unreachable)
  }

  private static func passwordRules() throws -> String {
    let path = "/tmp/deploy-hba-\(UInt64.random(in: .min ... .max))"
    try "local all keyed scram-sha-256\nlocal all all trust\n".write(
      toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test("that loses connections or restarts in the middle of a run does not stop it")
  func reconnecting() async throws {
    let scene = try await DatabaseScene(on: PostgreSQLServer())
    let store = try await scene.filled(hosts: 1)
    let reservation = try await DatabaseScene.reserve(in: store)
    var open = try store.open(in: reservation)
    try open.record(TemporaryFolder.changes(1))
    let others = "pid <> pg_backend_pid() AND datname = '\(scene.database)'"
    try scene.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE \(others)")
    try open.record(TemporaryFolder.changes(2))
    try await scene.server.restart()
    try open.record(TemporaryFolder.changes(3))
    #expect(try scene.store().open().state?.hosts.count == 4)
    await reservation.end()
  }

  @Test("that freezes is given up, and what was not recorded is not there in part")
  func freezing() async throws {
    let scene = try await DatabaseScene(on: PostgreSQLServer())
    let store = try await scene.filled(hosts: 1)
    let reservation = try await DatabaseScene.reserve(in: store)
    let open = try store.open(in: reservation)
    try scene.server.freeze(true)
    let error = try await code { [open] in
      var open = open
      try open.record(TemporaryFolder.changes(1))
    }
    #expect(error.code == .unreachable)
    try scene.server.freeze(false)
    let names = Set(try #require(try scene.store().open().state).hosts.keys.map(\.text))
    #expect(names == ["app-0"] || names == ["app-0", "new-1"])
    await reservation.end()
  }

  @Test("whose disk is full keeps what it has")
  func fullDisk() async throws {
    let disk = try TemporaryFolder("pgdisk")
    try ProgramRun.output(of: ["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", disk.path])
    defer { _ = try? ProgramRun(["umount", "-l", disk.path]) }
    let server = try await PostgreSQLServer(
      data: disk.path("data"), settings: ["wal_level": "minimal", "max_wal_senders": "0"])
    let scene = try await DatabaseScene(on: server)
    let store = try await scene.filled(hosts: 1)
    let reservation = try await DatabaseScene.reserve(in: store)
    var open = try store.open(in: reservation)
    let full = try ProgramRun(["dd", "if=/dev/zero", "of=\(disk.path)/fill", "bs=64k"])
    #expect(!full.hasSucceeded)
    let error = try await code {
      for _ in 0..<200 {
        try open.write(TemporaryFolder.fleet(hosts: Int.random(in: 2_000...4_000)))
      }
    }
    #expect([.exhausted, .unreachable].contains(error.code), "\(error)")
    try ProgramRun.output(of: ["rm", "\(disk.path)/fill"])
    try await eventually("the server answers again") {
      (try? scene.store().open().state?.hosts["app-0"]) != nil
    }
    await reservation.end()
  }
}
