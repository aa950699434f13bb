import Files
import Fleet
import FleetLiterals
import Foundation
import State
import TestSupport
import Testing

@testable import StateStores

@Suite(
  "The state in a database",
  .requires(
    PostgreSQLServer.isInstalled, "PostgreSQL and root: sudo scripts/install-packages test"))
struct StateDatabaseTests {
  @Test("is read as it was written, with the next serial")
  func roundTrip() async throws {
    let scene = try await DatabaseScene()
    let store = scene.store()
    #expect(try store.open().state == nil)
    let reservation = try await DatabaseScene.reserve(in: store)
    var open = try store.open(in: reservation)
    var state = TemporaryFolder.fleet(hosts: 3)
    for number in 1...3 { for change in TemporaryFolder.changes(number) { state.apply(change) } }
    state.retiredCAs = [
      RetiredCA(
        generation: 1, commonName: "A \"quoted\" \\ name", keyIdentifier: "ab",
        notAfter: Timestamp(secondsSince1970: 1_900_000_000))
    ]
    state.drain("app-1", HostDrain(since: .earliest, by: "ann@laptop", isForced: true))
    state.begin(
      SiteMaintenance(
        site: "shop.example", since: .earliest, by: "ann@laptop", page: "<p>\"soon\"</p>\n",
        allowed: ["198.51.100.0/24"], retryAfter: 600))
    state.serial = 41
    try open.write(state)
    state.serial = 42
    #expect(open.state == state)
    #expect(try scene.store().open().state == state)
    await reservation.end()
  }

  @Test("has each change when it is recorded, and writes only what it touches")
  func changes() async throws {
    let scene = try await DatabaseScene()
    let store = try await scene.filled(hosts: 5)
    let reservation = try await DatabaseScene.reserve(in: store)
    var open = try store.open(in: reservation)
    let before = try scene.run("SELECT sum(xmin::text::bigint) FROM deploy.records")
    var expected = open.state
    for number in 1...3 {
      try open.record(TemporaryFolder.changes(number))
      for change in TemporaryFolder.changes(number) { expected?.apply(change) }
      expected?.serial += 1
      #expect(try scene.store().open().state == expected)
    }
    var drained = try #require(open.state)
    drained.drain("new-2", HostDrain(since: .earliest, by: "ann@laptop"))
    try open.write(drained)
    expected = open.state
    try open.record([.recorded("new-2", nil)])
    #expect(open.state?.drained == [:])
    expected?.apply(.recorded("new-2", nil))
    expected?.serial += 1
    #expect(try scene.store().open().state == expected)
    let old = "WHERE kind = 'hosts' AND key LIKE 'app-%'"
    #expect(try scene.run("SELECT sum(xmin::text::bigint) FROM deploy.records \(old)") == before)
    await reservation.end()
  }

  @Test("keeps what another run has written about other hosts")
  func sideBySide() async throws {
    let scene = try await DatabaseScene()
    _ = try await scene.filled(hosts: 4)
    let (first, second) = (scene.store(), scene.store())
    let one = try await DatabaseScene.reserve(
      .hosts(changed: ["app-0", "new-1"], needed: []), in: first)
    let two = try await DatabaseScene.reserve(
      .hosts(changed: ["app-1", "new-2"], needed: ["app-3"]), in: second, as: "ben@ci")
    var (left, right) = (try first.open(in: one), try second.open(in: two))
    try left.record(TemporaryFolder.changes(1))
    try right.record(TemporaryFolder.changes(2))
    var next = try #require(left.state)
    next.hosts["app-0"]?.appliedBy = "anna@laptop"
    try left.write(next)
    try right.record([.recorded("app-1", nil)])
    let state = try #require(try scene.store().open().state)
    #expect(state.hosts["new-1"] != nil && state.hosts["new-2"] != nil)
    #expect(state.hosts["app-0"]?.appliedBy == "anna@laptop" && state.hosts["app-1"] == nil)
    #expect(state.serial == 5 && state.issued.count == 2)
    await one.end()
    await two.end()
  }

  @Test("of two fleets is apart, also if they share a database")
  func twoFleets() async throws {
    let scene = try await DatabaseScene()
    _ = try await scene.filled(hosts: 2)
    let other = scene.store(fleet: "other")
    #expect(try other.open().state == nil)
    let shop = try await DatabaseScene.reserve(in: scene.store())
    let reservation = try await DatabaseScene.reserve(in: other)
    var open = try other.open(in: reservation)
    try open.write(FleetState(fleet: "other", lineage: "99"))
    try other.caFiles.create("\(other.caFolder)/ca-1.crt", text: "x", for: .everyone)
    #expect(try scene.store().open().state?.hosts.count == 2)
    #expect(try scene.store().caFiles.names(in: scene.store().caFolder).isEmpty)
    await shop.end()
    await reservation.end()
  }

  @Test("with a value that was changed by hand is refused")
  func malformed() async throws {
    let scene = try await DatabaseScene()
    let store = try await scene.filled(hosts: 1)
    try scene.run(
      "UPDATE deploy.records SET record = '{\"address\": \"no\"}' WHERE kind = 'hosts'")
    let error = #expect(throws: StateFileError.self) { _ = try store.open() }
    #expect(error?.code == .malformed && error?.path == "the database")
    #expect(error?.explanation.contains("deploy state rebuild") == true)
    try scene.run("INSERT INTO deploy.records SELECT fleet, 'zebra', '', '1' FROM deploy.records")
    let unknown = try await code { _ = try scene.store().open() }
    #expect(unknown.description.contains("zebra"))
  }
}

@Suite(
  "The CA's files in a database",
  .requires(
    PostgreSQLServer.isInstalled, "PostgreSQL and root: sudo scripts/install-packages test"))
struct DatabaseFilesTests {
  @Test("are created, replaced, moved and removed, and others see it")
  func files() async throws {
    let scene = try await DatabaseScene()
    let store = scene.store()
    let (files, folder) = (store.caFiles, store.caFolder)
    let reservation = try await DatabaseScene.reserve(in: store)
    let bytes = (0...255).map { UInt8($0) }
    try files.create("\(folder)/ca-1.key", contents: bytes, for: .ownerAlone)
    try files.create("\(folder)/acme/site-a.json", text: "{}", for: .ownerAlone)
    #expect(throws: FileError.self) {
      try files.create("\(folder)/ca-1.key", text: "other", for: .ownerAlone)
    }
    func seen() throws -> any FileStore { scene.store().caFiles }
    #expect(try seen().read("\(folder)/ca-1.key", as: .caKey) == bytes)
    #expect(try seen().names(in: folder) == ["acme", "ca-1.key"])
    #expect(
      try seen().exists("\(folder)/acme") && seen().names(in: "\(folder)/acme") == ["site-a.json"])
    try files.replace("\(folder)/ca-1.key", text: "new", for: .ownerAlone)
    try files.move("\(folder)/ca-1.key", to: "\(folder)/archive/ca-1.key")
    try files.move("\(folder)/missing", to: "\(folder)/archive/missing")
    #expect(try seen().readIfPresent("\(folder)/ca-1.key", as: .caKey) == nil)
    #expect(try seen().read("\(folder)/archive/ca-1.key", as: .caKey) == Array("new".utf8))
    try files.destroy("\(folder)/archive/ca-1.key")
    try files.remove("\(folder)/missing")
    #expect(try seen().names(in: folder) == ["acme"] && files.names(in: folder) == ["acme"])
    await reservation.end()
  }

  @Test("are read again when hosts are reserved")
  func reload() async throws {
    let scene = try await DatabaseScene()
    let (store, other) = (scene.store(), scene.store())
    #expect(try store.caFiles.names(in: store.caFolder).isEmpty)
    let others = try await DatabaseScene.reserve(in: other)
    try other.caFiles.create("\(other.caFolder)/ca-1.crt", text: "x", for: .everyone)
    await others.end()
    let own = try await DatabaseScene.reserve(in: store)
    #expect(try store.caFiles.names(in: store.caFolder) == ["ca-1.crt"])
    await own.end()
  }
}
