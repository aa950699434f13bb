import Fleet
import Foundation
import Hashing
import State
import StateStores

/// Writes the state once, records what each host gets in a run, and ends as a run does.
func recordAll(in folder: String) throws {
  var file = try StateFile.read("\(folder)/bench.state.json", fleet: "bench")
  guard let state = file.state else { fatalError("There is no state: make a fleet first.") }
  let (before, start) = (try bytesWritten(), ContinuousClock.now)
  try file.write(state)
  for (host, record) in state.hosts.sorted(by: { $0.key < $1.key }) {
    let digest = Digest.sha256(of: host.text)
    let issued = record.release.certificates.map { path, certificate in
      IssuanceRecord(
        host: host, path: path, certificate: certificate, issuedAt: certificate.notBefore)
    }
    try file.record([.issued(issued)])
    try file.record([.expected(host, digest: digest, serial: state.serial)])
    try file.record([.settled(host, digest: digest), .recorded(host, record)])
  }
  let recorded = ContinuousClock.now
  try file.compact()
  let elapsed = (recorded - start, ContinuousClock.now - recorded)
  print("\(state.hosts.count) \(try bytesWritten() - before) \(elapsed.0) \(elapsed.1)")
}

/// What this process has passed to write(2) so far.
func bytesWritten() throws -> Int {
  let text = try String(contentsOfFile: "/proc/self/io", encoding: .utf8)
  guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("wchar: ") }),
    let count = Int(line.dropFirst(7))
  else { fatalError("/proc/self/io has another format") }
  return count
}
