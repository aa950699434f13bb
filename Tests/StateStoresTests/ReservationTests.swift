import Files
import Fleet
import FleetLiterals
import Foundation
import State
import Synchronization
import TestSupport
import Testing

@testable import StateStores

struct ReservedPair: Sendable, CustomTestStringConvertible {
  let first: ReservedHosts
  let second: ReservedHosts
  let isPossible: Bool
  var testDescription: String { "\(first) and \(second)" }
}

@Suite(
  "Reservations in a database",
  .requires(
    PostgreSQLServer.isInstalled, "PostgreSQL and root: sudo scripts/install-packages test"))
struct ReservationTests {
  static let pairs: [ReservedPair] = [
    ReservedPair(first: .fleet, second: .fleet, isPossible: false),
    ReservedPair(first: .fleet, second: .hosts(changed: ["a"], needed: []), isPossible: false),
    ReservedPair(first: .hosts(changed: [], needed: ["a"]), second: .fleet, isPossible: false),
    ReservedPair(
      first: .hosts(changed: ["a"], needed: []), second: .hosts(changed: ["b"], needed: []),
      isPossible: true),
    ReservedPair(
      first: .hosts(changed: ["a"], needed: []), second: .hosts(changed: ["a"], needed: []),
      isPossible: false),
    ReservedPair(
      first: .hosts(changed: ["a"], needed: ["b"]), second: .hosts(changed: ["b"], needed: []),
      isPossible: false),
    ReservedPair(
      first: .hosts(changed: ["a"], needed: []), second: .hosts(changed: ["b"], needed: ["a"]),
      isPossible: false),
    ReservedPair(
      first: .hosts(changed: ["a"], needed: ["c"]), second: .hosts(changed: ["b"], needed: ["c"]),
      isPossible: true),
  ]

  @Test("exclude each other only where hosts are changed", arguments: pairs)
  func exclusion(_ pair: ReservedPair) async throws {
    let scene = try await DatabaseScene()
    let first = try await DatabaseScene.reserve(pair.first, in: scene.store())
    if pair.isPossible {
      await (try DatabaseScene.reserve(pair.second, in: scene.store(), as: "ben@ci")).end()
    } else {
      let error = try await code {
        _ = try await DatabaseScene.reserve(pair.second, in: scene.store(), as: "ben@ci")
      }
      guard case .locked(let holder) = error.code else { throw error }
      #expect(holder.who == "anna@laptop" && holder.what == "apply")
      #expect(error.description.contains("anna@laptop"))
    }
    await first.end()
    let again = try await DatabaseScene.reserve(pair.second, in: scene.store(), as: "ben@ci")
    await again.end()
    #expect(try scene.run("SELECT count(*) FROM deploy.reservations") == "0")
  }

  @Test("are waited for, and a run that waits holds nothing")
  func waiting() async throws {
    let scene = try await DatabaseScene()
    let first = try await DatabaseScene.reserve(
      .hosts(changed: ["b"], needed: []), in: scene.store())
    let (stream, continuation) = AsyncStream.makeStream(of: LockHolder.self)
    let wait = LockWait(timeout: .seconds(300)) { continuation.yield($0) }
    async let second = scene.store().reserve(
      { _ in .hosts(changed: ["a", "b"], needed: []) }, for: DatabaseScene.holder("ben@ci"),
      waiting: wait)
    var holders = stream.makeAsyncIterator()
    #expect(await holders.next()?.who == "anna@laptop")
    let third = try await DatabaseScene.reserve(
      .hosts(changed: ["a"], needed: []), in: scene.store(), as: "cara@ci")
    await third.end()
    await first.end()
    await (try second).end()
  }

  @Test(
    "of a run that was not heard of for too long go to another, and the run records nothing more")
  func fencing() async throws {
    let scene = try await DatabaseScene()
    let store = try await scene.filled(hosts: 2)
    let lost = try await DatabaseScene.reserve(.hosts(changed: ["app-0"], needed: []), in: store)
    var open = try store.open(in: lost)
    try open.record(TemporaryFolder.changes(1))
    try scene.run("UPDATE deploy.runs SET alive_until = now() - interval '1 second'")
    // No other run needs its hosts: what it does still counts.
    try open.record(TemporaryFolder.changes(2))
    let next = try await DatabaseScene.reserve(
      .hosts(changed: ["app-0"], needed: []), in: scene.store(), as: "ben@ci")
    let before = try scene.store().open().state
    let error = try await code { try open.record(TemporaryFolder.changes(3)) }
    #expect(error.code == .lost && error.description.contains("ben@ci"))
    let written = #expect(throws: FileError.self) {
      try store.caFiles.replace("\(store.caFolder)/ca-1.crl", text: "x", for: .everyone)
    }
    #expect(written?.description.contains("ben@ci") == true)
    #expect(try scene.store().open().state == before)
    await lost.end()
    await next.end()
  }

  @Test("grow with a state that another run has changed meanwhile")
  func growing() async throws {
    let scene = try await DatabaseScene()
    _ = try await scene.filled(hosts: 1)
    let store = scene.store()
    let reservation = try await store.reserve(
      { state in
        .hosts(changed: Set((state?.hosts.keys).map(Array.init) ?? []), needed: [])
      }, for: DatabaseScene.holder(), waiting: .none)
    #expect(
      try scene.run("SELECT string_agg(host, ' ' ORDER BY host) FROM deploy.reservations")
        == "* app-0")
    await reservation.end()
  }

  @Test("grow while they are made, if the state has changed since it was read")
  func grownInBetween() async throws {
    let scene = try await DatabaseScene()
    let store = try await scene.filled(hosts: 1)
    let readings = Atomic(0)
    let reservation = try await store.reserve(
      { _ in
        readings.add(1, ordering: .relaxed).newValue == 1
          ? .hosts(changed: ["app-0"], needed: ["app-1"])
          : .hosts(changed: ["app-0", "app-1"], needed: ["app-2"])
      }, for: DatabaseScene.holder(), waiting: .none)
    let rows =
      "SELECT string_agg(host || ' ' || exclusive, ', ' ORDER BY host) FROM deploy.reservations"
    #expect(try scene.run(rows) == "* false, app-0 true, app-1 true, app-2 false")
    await reservation.end()
  }

  @Test("of many hosts are one statement each, and their end leaves none")
  func many() async throws {
    let scene = try await DatabaseScene()
    let hosts = Set((0..<10_000).compactMap { HostName("h\($0)") })
    let reservation = try await DatabaseScene.reserve(
      .hosts(changed: hosts, needed: []), in: scene.store())
    #expect(try scene.run("SELECT count(*) FROM deploy.reservations") == "10001")
    await reservation.end()
    #expect(try scene.run("SELECT count(*) FROM deploy.reservations") == "0")
  }
}
