import Foundation
import State
import StateStores
import TestSupport
import Testing

@Suite("The journal of a run that is killed")
struct JournalKillTests {
  /// The file whose next change ends the run: made, longer, replaced or removed.
  enum Moment: String, CaseIterable, Codable {
    case journal = "shop.state.journal"
    case newJournal = "shop.state.journal.new"
    case state = "shop.state.json"
    case newState = "shop.state.json.new"
    case previous = "shop.state.json.previous"
  }

  @Test(
    "has, with its state, every change that was recorded, at whichever step the run was killed",
    arguments: Moment.allCases, 0..<6)
  func killedAtStep(_ moment: Moment, round: Int) async throws {
    let folder = try TemporaryFolder()
    _ = try folder.makeState(hosts: 30)
    let path = folder.path
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, moment = moment as Moment, round = round as Int] in
      Thread.detachNewThread {
        let file = path + "/" + moment.rawValue
        // A few changes later each time, so that the first and later records and both ends are hit.
        for _ in 0...(round * 3) {
          let before = seen(file)
          while seen(file) == before {}
        }
        kill(getpid(), SIGKILL)
      }
      try recordForever(in: path)
    }
    try expectRecorded(in: folder)
  }

  @Test(
    "has, with its state, every change that was recorded, whenever the run was killed",
    arguments: 0..<12)
  func killedAtTime(round: Int) async throws {
    let folder = try TemporaryFolder()
    _ = try folder.makeState(hosts: 30)
    let (path, delay) = (folder.path, 2000 + 3000 * round)
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, delay = delay as Int] in
      Thread.detachNewThread {
        usleep(UInt32(delay))
        kill(getpid(), SIGKILL)
      }
      try recordForever(in: path)
    }
    try expectRecorded(in: folder)
  }

  /// Expects what `recordForever` has noted, and at most the change that it was recording.
  private func expectRecorded(in folder: TemporaryFolder) throws {
    let notes =
      try folder.names().contains("noted")
      ? folder.text("noted").split(separator: "\n").compactMap { Int($0) } : []
    let recorded = notes.last ?? 0
    let state = try #require(try folder.read())
    #expect([recorded, recorded + 1].contains(state.serial - 1), "\(recorded), \(state.serial)")
    #expect(state.hosts.count == 30 + state.serial - 1 && state.issued.count == state.serial - 1)
    try StateFile.compactLeftover(folder.state, fleet: "shop")
    #expect(try folder.read() == state)
    #expect(folder.journalBytes == nil)
    var file = try StateFile.read(folder.state, fleet: "shop")
    try file.record(TemporaryFolder.changes(5000))
    try file.compact()
    #expect(try folder.read()?.serial == state.serial + 1)
  }
}

/// What can be seen of a file from outside, as one number.
private func seen(_ path: String) -> UInt64 {
  var status = stat()
  guard lstat(path, &status) == 0 else { return 0 }
  return UInt64(status.st_ino) << 24 ^ UInt64(status.st_size)
}

/// Records changes in the state of a folder, and notes each one after it is recorded.
private func recordForever(in folder: String) throws {
  let notes = open(folder + "/noted", O_WRONLY | O_CREAT | O_APPEND, 0o600)
  var file = try StateFile.read(folder + "/shop.state.json", fleet: "shop")
  var number = 0
  while true {
    try file.record(TemporaryFolder.changes(number))
    number += 1
    _ = "\(number)\n".withCString { write(notes, $0, strlen($0)) }
    if number % 3 == 0 { try file.compact() }
  }
}
