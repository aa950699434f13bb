import Fleet
import FleetLiterals
import Foundation
import State
import Synchronization
import TestSupport
import Testing

@testable import StateStores

@Suite("A journal, whatever happens to its run or its folder")
struct JournalFaultTests {
  @Test("is used until the new state is in place, and known to be in it from then on")
  func stepsOfCompaction() throws {
    let folder = try TemporaryFolder()
    var file = try folder.makeState()
    try file.record(TemporaryFolder.changes(0))
    try file.record(TemporaryFolder.changes(1))
    let state = try #require(file.state)
    let recorded = try #require(folder.journalBytes)
    // The new file cannot be made: the journal is marked, and the old file is still there.
    try folder.makeFolder("shop.state.json.new")
    let error = #expect(throws: StateFileError.self) { try file.compact() }
    #expect(error?.explanation.contains("Nothing is lost: all changes of the run are in ") == true)
    let marked = try #require(folder.journalBytes)
    #expect(marked.starts(with: recorded) && marked.count > recorded.count)
    #expect(try folder.read() == state)
    // No record follows a mark: what comes next is written whole, which fails here too.
    #expect(throws: StateFileError.self) { try file.record(TemporaryFolder.changes(2)) }
    #expect(try folder.read() == state)
    try FileManager.default.removeItem(atPath: folder.path("shop.state.json.new"))
    // A kill between the rename and the removal.
    try StateFile.compactLeftover(folder.state, fleet: "shop")
    #expect(try folder.read() == state && folder.journalBytes == nil)
    try marked.write(to: URL(filePath: folder.journal))
    #expect(try folder.read() == state)
    var next = try StateFile.read(folder.state, fleet: "shop")
    try next.record(TemporaryFolder.changes(2))
    #expect(try folder.read() == next.state && next.state?.serial == state.serial + 1)
    try next.compact()
    // One that is left over from long ago, below a newer state, is of another file.
    try marked.write(to: URL(filePath: folder.journal))
    #expect(throws: StateFileError.self) { try folder.read() }
  }

  @Test("is removed if its run was killed before its heading was complete")
  func emptyFile() throws {
    let folder = try TemporaryFolder()
    let state = try folder.makeState().state
    for text in ["", "12", "30 0f"] {
      try folder.write(text, to: "shop.state.journal")
      #expect(try folder.read() == state)
      var file = try StateFile.read(folder.state, fleet: "shop")
      try file.record(TemporaryFolder.changes(0))
      #expect(try folder.read() == file.state)
      try FileManager.default.removeItem(atPath: folder.journal)
    }
    try folder.write("", to: "shop.state.journal")
    try StateFile.compactLeftover(folder.state, fleet: "shop")
    #expect(folder.journalBytes == nil)
  }

  @Test("and its state are read at one moment while a run writes")
  func concurrentReader() async throws {
    let folder = try TemporaryFolder()
    _ = try folder.makeState(hosts: 10)
    let path = folder.state
    let isDone = Mutex(false)
    async let writer: Void = Task.detached {
      var file = try StateFile.read(path, fleet: "shop")
      for number in 0..<TestSetting.count(100, inSweep: 400) {
        try file.record(TemporaryFolder.changes(number % 20))
        if number % 3 == 0 { try file.compact() }
        if number % 10 == 0 { try file.write(try #require(file.state)) }
      }
      isDone.withLock { $0 = true }
    }.value
    var (last, readings) = (0, 0)
    while !isDone.withLock(\.self) {
      let state = try #require(try StateFile.read(path, fleet: "shop").state)
      #expect(state.serial >= last)
      last = state.serial
      readings += 1
    }
    try await writer
    #expect(readings > 10 && last > 1)
  }

  @Test("of another version of the state is refused, and both are left alone")
  func otherState() throws {
    let folder = try TemporaryFolder()
    var file = try folder.makeState()
    try file.record(TemporaryFolder.changes(0))
    let journal = try #require(folder.journalBytes)
    let json = try folder.text("shop.state.json")
    for (text, words) in [
      (nil, "but \(folder.state) does not exist. Restore serial 1 from"),
      (json.replacing("\"serial\" : 1", with: "\"serial\" : 60"), "has serial 60."),
      (
        json.replacing("\"lineage\" : \"0123\"", with: "\"lineage\" : \"4567\""), "is another state"
      ),
      (json + "\n", "was changed since."),
    ] as [(String?, String)] {
      try FileManager.default.removeItem(atPath: folder.state)
      if let text { try folder.write(text, to: "shop.state.json") }
      let error = #expect(throws: StateFileError.self) { try folder.read() }
      #expect(error?.code == .conflict && error?.path == folder.journal)
      #expect(error?.explanation.contains(words) == true, "\(error?.explanation ?? "")")
      #expect(throws: StateFileError.self) {
        try StateFile.compactLeftover(folder.state, fleet: "shop")
      }
      #expect(folder.stateBytes == text.map { Data($0.utf8) } && folder.journalBytes == journal)
      if text == nil { try folder.write("", to: "shop.state.json") }
    }
    try folder.write(json, to: "shop.state.json")
    #expect(try folder.read() == file.state)
  }

  @Test("is written on if another program has written the same state again")
  func touched() throws {
    let folder = try TemporaryFolder()
    var file = try folder.makeState()
    try file.record(TemporaryFolder.changes(0))
    let json = try #require(folder.stateBytes)
    for _ in 0..<2 {
      try FileManager.default.removeItem(atPath: folder.state)
      try json.write(to: URL(filePath: folder.state))
      try file.record(TemporaryFolder.changes(1))
    }
    #expect(try folder.read() == file.state)
  }

  @Test("is not written if another program has changed the state or removed the journal meanwhile")
  func changed() throws {
    let folder = try TemporaryFolder()
    var file = try folder.makeState()
    try file.record(TemporaryFolder.changes(0))
    let state = file.state
    let json = try #require(folder.stateBytes)
    try Data("{}".utf8).write(to: URL(filePath: folder.state))
    let error = #expect(throws: StateFileError.self) {
      try file.record(TemporaryFolder.changes(1))
    }
    #expect(error?.code == .changed && file.state == state)
    #expect(error?.explanation.contains(folder.journal) == true, "\(error?.explanation ?? "")")
    #expect(#expect(throws: StateFileError.self) { try file.compact() }?.code == .changed)
    #expect(folder.stateBytes == Data("{}".utf8))
    try json.write(to: URL(filePath: folder.state))
    var again = try StateFile.read(folder.state, fleet: "shop")
    #expect(again.state == state)
    try FileManager.default.removeItem(atPath: folder.journal)
    let missing = #expect(throws: StateFileError.self) {
      try again.record(TemporaryFolder.changes(1))
    }
    #expect(missing?.path == folder.journal)
    #expect(missing?.explanation == "cannot be appended to: No such file or directory.")
  }

  @Test("is refused if it is a link, a pipe or a folder, and nothing is changed")
  func otherKinds() throws {
    let folder = try TemporaryFolder()
    var file = try folder.makeState()
    let json = folder.stateBytes
    func refuse(_ words: String) throws {
      let error = #expect(throws: StateFileError.self) { try folder.read() }
      #expect(error?.description == "\(folder.journal): cannot be read: \(words).")
      #expect(throws: StateFileError.self) { try file.record(TemporaryFolder.changes(0)) }
      #expect(folder.stateBytes == json)
      try FileManager.default.removeItem(atPath: folder.journal)
    }
    try folder.write("secret", to: "passwd")
    for target in ["passwd", "missing"] {
      try FileManager.default.createSymbolicLink(
        atPath: folder.journal, withDestinationPath: target)
      try refuse("it is a symbolic link. Replace it with the file it points to")
    }
    #expect(try folder.text("passwd") == "secret")
    try #require(mkfifo(folder.journal, 0o600) == 0)
    try refuse("it is a named pipe, not a regular file")
    try folder.makeFolder("shop.state.journal")
    try refuse("it is a folder, not a regular file")
  }

  /// Writes a journal with these lines, whose lengths and digests are right.
  private func write(_ values: [any Encodable & Sendable], in folder: TemporaryFolder) throws {
    var end = JournalEnd.start
    var bytes: [UInt8] = []
    for value in values {
      bytes += try JournalFormat.encode(value, at: &end, path: folder.journal)
    }
    try folder.write(bytes, to: "shop.state.journal")
  }

  @Test("with values that a run cannot have written is refused with their place")
  func wrongValues() throws {
    let folder = try TemporaryFolder()
    var file = try folder.makeState()
    try file.record(TemporaryFolder.changes(0))
    let heading = try #require(
      try JournalFormat.decode(Array(folder.journalBytes ?? Data()), path: "x")
    ).heading
    var newer = heading
    newer.version = 2
    for (values, words) in [
      ([newer], "the journal has version 2, and this deploy reads versions up to 1."),
      ([["version": "1"]], "line 1: version: it is not a whole number"),
      ([heading, ["serial": 2]], "line 2: it has no changes"),
      ([heading, StateRecord(serial: 3, changes: [])], "serial: 3 does not follow 1"),
      (
        [heading, StateRecord(serial: 2, changes: [.expected("app-0", digest: "Z", serial: 1)])],
        "manifests.app-0.digests.0: \"Z\" is not lower-case hexadecimal"
      ),
      (
        [
          heading, StateRecord(serial: 2, changes: [.expected("app-0", digest: "a", serial: .max)]),
        ],
        "manifests.app-0.serial: 9223372036854775807 is not within"
      ),
    ] as [([any Encodable & Sendable], String)] {
      try write(values, in: folder)
      let error = #expect(throws: StateFileError.self) { try folder.read() }
      #expect(error?.explanation.contains(words) == true, "\(error?.explanation ?? "")")
    }
    try write([heading, StateRecord(serial: 2, changes: [])], in: folder)
    #expect(try folder.read()?.serial == 2)
  }

  /// The child has a mount namespace of its own, so that the disk goes with it.
  @Test("keeps what was recorded if the disk is full", .requires(getuid() == 0, "needs root"))
  func diskFull() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path(".")
    await #expect(processExitsWith: .success) { [path = path as String] in
      try mountDisk(at: path, kibibytes: 128)
      let state = path + "/shop.state.json"
      var file = try StateFile.read(state, fleet: "shop")
      try file.write(TemporaryFolder.fleet(hosts: 20))
      var failure: StateFileError?
      var number = 0
      while failure == nil {
        do throws(StateFileError) {
          try file.record(TemporaryFolder.changes(number))
          number += 1
        } catch {
          failure = error
        }
      }
      let error = try #require(failure)
      #expect(error.path == path + "/shop.state.journal" && error.code == .notWritable)
      #expect(error.description.contains("No space left on device"))
      #expect(file.state?.serial == number + 1)
      #expect(try StateFile.read(state, fleet: "shop").state == file.state)
      let end = #expect(throws: StateFileError.self) { try file.compact() }
      #expect(end?.explanation.contains("No space left on device. Nothing is lost") == true)
      #expect(try StateFile.read(state, fleet: "shop").state == file.state)
      try #require(mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT), "size=1m") == 0)
      try file.record(TemporaryFolder.changes(number))
      #expect(try StateFile.read(state, fleet: "shop").state == file.state)
      try file.compact()
      #expect(try StateFile.read(state, fleet: "shop").state == file.state)
      #expect(file.state?.hosts.count == 20 + number + 1)
    }
  }
}
