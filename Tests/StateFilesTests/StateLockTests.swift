import Foundation
import State
import StateFiles
import Testing

@Suite("The lock of a state")
struct StateLockTests {
  private static func holder(_ who: String) -> LockHolder {
    LockHolder(
      who: who, since: Timestamp(secondsSince1970: 1_800_000_000), what: "apply",
      processID: getpid())
  }

  @Test("keeps another process out, and tells it who is in")
  func contention() async throws {
    let folder = try StateFolder()
    let path = folder.state
    let mine = Self.holder("ann@laptop")
    let lock = try StateLock.acquire(forState: path, as: mine)
    await #expect(processExitsWith: .exitCode(75)) {
      [path = path as String, mine = mine as LockHolder] in
      do {
        _ = try StateLock.acquire(forState: path, as: StateLockTests.holder("bob@desk"))
      } catch let error as StateFileError {
        let names = error.description.contains(
          "ann@laptop since 2027-01-15T08:00:00Z for deploy apply")
        exit(error.code == .locked(by: mine) && names ? 75 : 1)
      }
    }
    #expect(try StateLock.holder(forState: path) == mine)
    _ = consume lock
    #expect(try StateLock.holder(forState: path) == nil)
  }

  @Test("is free again once its holder let it go, in this process and in others")
  func release() throws {
    let folder = try StateFolder()
    for who in ["ann@laptop", "bob@desk"] {
      let lock = try StateLock.acquire(forState: folder.state, as: Self.holder(who))
      #expect(try StateLock.holder(forState: folder.state)?.who == who)
      _ = consume lock
    }
    #expect(try folder.names() == ["shop.state.lock"])
  }

  @Test("is free again when its holder was killed, though its file says otherwise")
  func killed() async throws {
    let folder = try StateFolder()
    let path = folder.state
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let lock = try StateLock.acquire(forState: path, as: StateLockTests.holder("bob@desk"))
      kill(getpid(), SIGKILL)
      _ = consume lock
    }
    #expect(
      try String(contentsOfFile: folder.path("shop.state.lock"), encoding: .utf8).contains("bob"))
    #expect(try StateLock.holder(forState: path) == nil)
    let lock = try StateLock.acquire(forState: path, as: Self.holder("ann@laptop"))
    #expect(try StateLock.holder(forState: path)?.who == "ann@laptop")
    _ = consume lock
  }

  @Test("tells of somebody else where the holder never signs")
  func unsigned() throws {
    let folder = try StateFolder()
    let descriptor = open(folder.path("shop.state.lock"), O_RDWR | O_CREAT, 0o644)
    defer { close(descriptor) }
    try #require(flock(descriptor, LOCK_EX) == 0)
    let error = #expect(throws: StateFileError.self) {
      let lock = try StateLock.acquire(forState: folder.state, as: Self.holder("ann@laptop"))
      _ = consume lock
    }
    #expect(error?.code == .locked(by: nil))
    #expect(error?.description.contains("the state is locked by somebody else") == true)
  }

  @Test("names its file where it cannot be made")
  func noFolder() throws {
    let error = #expect(throws: StateFileError.self) {
      let lock = try StateLock.acquire(
        forState: "/nowhere/shop.state.json", as: Self.holder("ann@laptop"))
      _ = consume lock
    }
    #expect(error?.code == .notWritable)
    let file = "/nowhere/shop.state.lock"
    #expect(error?.description == "\(file): cannot open \(file): No such file or directory.")
  }
}
