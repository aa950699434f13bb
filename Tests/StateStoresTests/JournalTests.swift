import Fleet
import FleetLiterals
import Foundation
import State
import TestSupport
import Testing

@testable import StateStores

extension TemporaryFolder {
  var journal: String { path("shop.state.journal") }
  var stateBytes: Data? { FileManager.default.contents(atPath: state) }
  var journalBytes: Data? { FileManager.default.contents(atPath: journal) }

  /// A state file of one host, and its state.
  func makeState(hosts: Int = 1) throws -> StateFile {
    var file = try StateFile.read(state, fleet: "shop")
    try file.write(Self.fleet(hosts: hosts))
    return file
  }

  func read() throws -> FleetState? { try StateFile.read(state, fleet: "shop").state }

  /// The changes of a host that gets a release with a certificate.
  static func changes(_ number: Int) -> [StateChange] {
    let host: HostName = "new-\(number)"
    let moment = Timestamp(secondsSince1970: 1_800_000_000)
    let leaf = CertificateRecord(
      serial: "0f\(number + 1000)", issuer: "Shop CA", issuerKeyIdentifier: "1e",
      commonName: host.text, names: [host.text], key: "ecdsa-p256", notBefore: moment,
      notAfter: moment)
    let record = HostRecord(
      address: "198.51.100.21", roles: ["back-end"],
      release: ReleaseRecord(
        number: 1, files: ["nginx/deploy.conf": FileRecord(digest: "ab", isSecret: false)],
        certificates: ["tls/back-end.crt": leaf]), appliedAt: moment, appliedBy: "ann@laptop")
    return [
      .issued([
        IssuanceRecord(host: host, path: "tls/back-end.crt", certificate: leaf, issuedAt: moment)
      ]), .expected(host, digest: "2f", serial: 1), .recorded(host, record),
      .settled(host, digest: "2f"),
    ]
  }
}

/// The value or the error of a call, for tests that accept both.
func result<Value>(
  _ call: () throws(StateFileError) -> Value
) -> Result<Value, StateFileError> {
  do throws(StateFileError) {
    return .success(try call())
  } catch {
    return .failure(error)
  }
}

@Suite("The journal of a state")
struct JournalTests {
  @Test("gets each change while the state's file stays, and is in the file after the run")
  func run() throws {
    let folder = try TemporaryFolder()
    var file = try folder.makeState()
    let first = folder.stateBytes
    for number in 0..<3 { try file.record(TemporaryFolder.changes(number)) }
    #expect(folder.stateBytes == first)
    let state = try #require(file.state)
    #expect(state.serial == 4 && state.hosts.count == 4 && state.issued.count == 3)
    #expect(try folder.read() == state)
    try file.compact()
    #expect(try folder.names() == ["shop.state.json", "shop.state.json.previous"])
    #expect(try folder.read() == state && file.state == state)
    #expect(FileManager.default.contents(atPath: file.previousPath) == first)
    // The next run of the same program.
    try file.record(TemporaryFolder.changes(3))
    #expect(try folder.read()?.serial == 5)
    try file.write(try #require(file.state))
    #expect(try folder.read()?.hosts.count == 5 && folder.read()?.serial == 6)
    #expect(folder.journalBytes == nil)
  }

  @Test("that an interrupted run has left is read without writing, and moved by the next run")
  func leftover() throws {
    let folder = try TemporaryFolder()
    var file = try folder.makeState()
    try file.record(TemporaryFolder.changes(0))
    let (json, journal) = (folder.stateBytes, folder.journalBytes)
    let state = try folder.read()
    #expect(state == file.state && folder.stateBytes == json && folder.journalBytes == journal)
    try StateFile.compactLeftover(folder.state, fleet: "shop")
    #expect(folder.journalBytes == nil && folder.stateBytes != json)
    #expect(try folder.read() == state)
    try StateFile.compactLeftover(folder.state, fleet: "shop")
    #expect(try folder.read() == state)
  }

  @Test("cut off at any byte has every record that was complete, and takes further ones")
  func truncated() throws {
    let folder = try TemporaryFolder()
    var file = try folder.makeState()
    var states = [try #require(file.state)]
    var ends: [Int] = []
    for number in 0..<3 {
      try file.record([.expected("app-0", digest: "\(number)f", serial: 1)])
      states.append(try #require(file.state))
      ends.append(try #require(folder.journalBytes).count)
    }
    let (json, whole) = (try #require(folder.stateBytes), try #require(folder.journalBytes))
    for count in 0...whole.count {
      try whole.prefix(count).write(to: URL(filePath: folder.journal))
      let expected = states[ends.count { $0 <= count }]
      var found = try StateFile.read(folder.state, fleet: "shop")
      try #require(found.state == expected, "\(count) of \(whole.count) bytes")
      if count % 17 == 0 {
        try found.record(TemporaryFolder.changes(9))
        try #require(try folder.read() == found.state && found.state?.serial == expected.serial + 1)
        try found.compact()
        try #require(try folder.read() == found.state && folder.journalBytes == nil)
        try json.write(to: URL(filePath: folder.state))
      }
    }
  }

  @Test("with any damaged byte is refused, or without its last record; nothing else is ever read")
  func damaged() throws {
    let folder = try TemporaryFolder()
    var file = try folder.makeState()
    let change = StateChange.expected("app-0", digest: "2f", serial: 1)
    for _ in 0..<2 { try file.record([change]) }
    let (before, start) = (file.state, try #require(folder.journalBytes).count)
    try file.record([change])
    let whole = try #require(folder.journalBytes)
    for index in whole.indices {
      for byte in [whole[index] ^ 1, UInt8(ascii: "\n"), UInt8(ascii: "9")]
      where byte != whole[index] {
        var spoilt = whole
        spoilt[index] = byte
        try spoilt.write(to: URL(filePath: folder.journal))
        let found = result { () throws(StateFileError) in
          try StateFile.read(folder.state, fleet: "shop").state
        }
        switch found {
        case .success(let state):
          try #require(index >= start && state == before, "byte \(index) is now \(byte)")
        case .failure(let error):
          try #require(error.code == .damaged && error.path == folder.journal, "\(error)")
        }
      }
    }
  }

  @Test("names the damaged line, and says what to do")
  func damageText() throws {
    let folder = try TemporaryFolder()
    var file = try folder.makeState()
    for number in 0..<3 { try file.record(TemporaryFolder.changes(number)) }
    var lines = try folder.text("shop.state.journal").split(separator: "\n").map(String.init)
    lines[1].replace("new-0", with: "new-7")
    try folder.write(lines.map { $0 + "\n" }.joined(), to: "shop.state.journal")
    let error = #expect(throws: StateFileError.self) { try folder.read() }
    #expect(
      error?.explanation == """
        line 2 of the journal of an interrupted run is damaged. It continues serial 1 of the state. Restore the \
        journal from a backup; or move it away and catch up from the hosts with "deploy state rebuild".
        """)
    // Records that are swapped or missing are not those of the run either.
    for changed in [
      [lines[0], lines[2], lines[3]], [lines[0], lines[3], lines[2]], [lines[2], lines[3]],
    ] {
      try folder.write(changed.map { $0 + "\n" }.joined(), to: "shop.state.journal")
      #expect(throws: StateFileError.self) { try folder.read() }
    }
  }

  @Test("costs as many bytes for each result in a large fleet as in a small one")
  func bytesWritten() throws {
    func bytes(hosts: Int) throws -> Int {
      let folder = try TemporaryFolder()
      let before = try writtenByThread()
      var file = try folder.makeState(hosts: hosts)
      for number in 0..<hosts { try file.record(TemporaryFolder.changes(number)) }
      try file.compact()
      return try writtenByThread() - before
    }
    let counts = try [50, 100, 200].map { try bytes(hosts: $0) }
    print("bytes written for 50, 100 and 200 hosts: \(counts)")
    #expect(counts[0] > 50_000)
    #expect(counts[1] < counts[0] * 22 / 10 && counts[2] < counts[1] * 22 / 10)
  }

  /// The bytes that this thread has passed to write(2) so far.
  private func writtenByThread() throws -> Int {
    let text = try String(contentsOfFile: "/proc/thread-self/io", encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("wchar: ") })
    return try #require(Int(line.dropFirst(7)))
  }

  @Test("that would be too long to be read takes no further records, so the whole state is written")
  func tooLong() throws {
    let folder = try TemporaryFolder()
    var file = try folder.makeState()
    try file.record(TemporaryFolder.changes(0))
    let bytes = Array(try #require(folder.journalBytes))
    let read = try #require(try JournalFormat.decode(bytes, path: folder.journal))
    for (room, isTaken) in [(100, false), (10_000, true)] {
      var journal = JournalFile(path: folder.journal, limit: read.end.length + room, read)
      let record = StateRecord(serial: 3, changes: TemporaryFolder.changes(1))
      #expect(try journal.append(record, to: read.heading, within: 0o644) == isTaken)
      #expect((Array(try #require(folder.journalBytes)) == bytes) == !isTaken)
    }
  }

  @Test(
    "is as readable for others as the state",
    arguments: [(0o600, 0o600), (0o640, 0o640), (0o644, 0o644), (0o664, 0o644)])
  func access(_ mode: Int, _ expected: Int) throws {
    let folder = try TemporaryFolder()
    _ = try folder.makeState()
    try #require(chmod(folder.state, mode_t(mode)) == 0)
    var file = try StateFile.read(folder.state, fleet: "shop")
    try file.record(TemporaryFolder.changes(0))
    let found = try FileManager.default.attributesOfItem(atPath: folder.journal)
    #expect(found[.posixPermissions] as? Int == expected)
    try file.compact()
    let after = try FileManager.default.attributesOfItem(atPath: folder.state)
    #expect(after[.posixPermissions] as? Int == expected)
  }
}
