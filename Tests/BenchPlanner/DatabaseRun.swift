import Fleet
import Foundation
import Hashing
import PostgreSQL
import State
import StateStores

/// Copies the state of a folder into a database, reads it several times, and records some hosts as a run does: three
/// statements a host, one after the other.
func measureDatabase(in folder: String, _ connection: String) async throws {
  let file = try StateFile.read("\(folder)/bench.state.json", fleet: "bench")
  guard let state = file.state else { fatalError("There is no state: make a fleet first.") }
  let store = StateDatabase(
    DatabaseAddress(connection: connection), place: "the database", fleet: "bench")
  _ = try store.makeTables()
  let holder = LockHolder(
    who: "bench", since: Timestamp(secondsSince1970: 0), what: "bench", processID: 1)
  let reservation = try await store.reserve({ _ in .fleet }, for: holder, waiting: .none)
  var open = try store.open(in: reservation)
  var start = ContinuousClock.now
  try open.write(state)
  print("write \(state.hosts.count) hosts: \(start.duration(to: .now))")
  for _ in 1...3 {
    start = ContinuousClock.now
    let hosts = try store.open().state?.hosts.count ?? 0
    print("read \(hosts) hosts: \(start.duration(to: .now))")
  }
  start = ContinuousClock.now
  let some = state.hosts.sorted { $0.key < $1.key }.prefix(200)
  var results = Duration.zero
  for (host, record) in some {
    let digest = Digest.sha256(of: host.text)
    let issued = record.release.certificates.map { path, certificate in
      IssuanceRecord(
        host: host, path: path, certificate: certificate, issuedAt: certificate.notBefore)
    }
    try open.record([.issued(issued)])
    try open.record([.expected(host, digest: digest, serial: state.serial)])
    let result = ContinuousClock.now
    try open.record([.settled(host, digest: digest), .recorded(host, record)])
    results += result.duration(to: .now)
  }
  print("record the result of a host: \(results / some.count)")
  print(
    "record a host, from its certificates to its result: \(start.duration(to: .now) / some.count) in three statements"
  )
  await reservation.end()
}
