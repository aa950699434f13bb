import Fleet
import Foundation
import State
import StateStores
import TestSupport
import Testing

@Suite("The lock of a state")
struct StateLockTests {
  private static func holder(_ who: String) -> LockHolder {
    LockHolder(
      who: who, since: Timestamp(secondsSince1970: 1_800_000_000), what: "apply",
      processID: getpid())
  }

  @Test("excludes other processes, and reports its holder")
  func contention() async throws {
    let folder = try TemporaryFolder()
    let path = folder.state
    let mine = Self.holder("ann@laptop")
    let lock = try await StateLock.acquire(forState: path, as: mine)
    await #expect(processExitsWith: .exitCode(75)) {
      [path = path as String, mine = mine as LockHolder] in
      do {
        _ = try await StateLock.acquire(forState: path, as: StateLockTests.holder("bob@desk"))
      } catch let error as StateFileError {
        let names = error.description.contains(
          "ann@laptop, since 2027-01-15T08:00:00Z, deploy apply")
        exit(error.code == .locked(by: mine) && names ? 75 : 1)
      }
    }
    #expect(try StateLock.holder(forState: path) == mine)
    _ = consume lock
    #expect(try StateLock.holder(forState: path) == nil)
  }

  @Test("is free again after its holder released it, in this process and in others")
  func release() async throws {
    let folder = try TemporaryFolder()
    for who in ["ann@laptop", "bob@desk"] {
      let lock = try await StateLock.acquire(forState: folder.state, as: Self.holder(who))
      #expect(try StateLock.holder(forState: folder.state)?.who == who)
      _ = consume lock
    }
    #expect(try folder.names() == ["shop.state.lock"])
  }

  @Test("is free again after its holder was killed, although its file still names it")
  func killed() async throws {
    let folder = try TemporaryFolder()
    let path = folder.state
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let lock = try await StateLock.acquire(forState: path, as: StateLockTests.holder("bob@desk"))
      kill(getpid(), SIGKILL)
      _ = consume lock
    }
    #expect(
      try String(contentsOfFile: folder.path("shop.state.lock"), encoding: .utf8).contains("bob"))
    #expect(try StateLock.holder(forState: path) == nil)
    let lock = try await StateLock.acquire(forState: path, as: Self.holder("ann@laptop"))
    #expect(try StateLock.holder(forState: path)?.who == "ann@laptop")
    _ = consume lock
  }

  @Test("reports another run if the holder never writes its name")
  func unsigned() async throws {
    let folder = try TemporaryFolder()
    let descriptor = open(folder.path("shop.state.lock"), O_RDWR | O_CREAT, 0o644)
    defer { close(descriptor) }
    try #require(flock(descriptor, LOCK_EX) == 0)
    let error = await #expect(throws: StateFileError.self) {
      let lock = try await StateLock.acquire(forState: folder.state, as: Self.holder("ann@laptop"))
      _ = consume lock
    }
    #expect(error?.code == .locked(by: nil))
    #expect(error?.description.contains("the state is locked by another run") == true)
  }

  private func refusal(_ folder: TemporaryFolder) async -> StateFileError? {
    await #expect(throws: StateFileError.self) {
      let lock = try await StateLock.acquire(forState: folder.state, as: Self.holder("ann@laptop"))
      _ = consume lock
    }
  }

  @Test("is refused if its file is a link, and the target of the link is not changed")
  func symbolicLink() async throws {
    let folder = try TemporaryFolder()
    let (secret, lock) = (folder.path("secret"), folder.path("shop.state.lock"))
    try Data("secret".utf8).write(to: URL(filePath: secret))
    for target in [secret, folder.path("missing")] {
      try FileManager.default.createSymbolicLink(atPath: lock, withDestinationPath: target)
      #expect(
        await refusal(folder)?.description.hasPrefix(
          "\(lock): cannot be used as a lock: it is a symbolic link") == true)
      try FileManager.default.removeItem(atPath: lock)
    }
    #expect(FileManager.default.contents(atPath: secret) == Data("secret".utf8))
    #expect(try folder.names() == ["secret"])
  }

  @Test("is refused if its file has another name, or is not a regular file")
  func otherFiles() async throws {
    let folder = try TemporaryFolder()
    let (secret, lock) = (folder.path("secret"), folder.path("shop.state.lock"))
    try Data("secret".utf8).write(to: URL(filePath: secret))
    try #require(link(secret, lock) == 0)
    #expect(await refusal(folder)?.description.contains("it has more than one name") == true)
    #expect(FileManager.default.contents(atPath: secret) == Data("secret".utf8))
    try FileManager.default.removeItem(atPath: lock)
    try #require(mkfifo(lock, 0o600) == 0)
    #expect(await refusal(folder)?.description.contains("it is a named pipe") == true)
    try FileManager.default.removeItem(atPath: lock)
    try #require(mkdir(lock, 0o700) == 0)
    #expect(await refusal(folder)?.description.contains("it is a folder") == true)
    #expect(try folder.names() == ["secret", "shop.state.lock"])
  }

  @Test("is refused if its file belongs to another user", .requires(getuid() == 0, "needs root"))
  func otherOwner() async throws {
    let folder = try TemporaryFolder()
    let lock = folder.path("shop.state.lock")
    try Data("text".utf8).write(to: URL(filePath: lock))
    try #require(chown(lock, 4242, 4242) == 0)
    #expect(await refusal(folder)?.description.contains("it belongs to another user") == true)
    #expect(FileManager.default.contents(atPath: lock) == Data("text".utf8))
  }

  @Test(
    "can only be opened by its owner, also if an earlier version made its file",
    .requires(getuid() == 0, "needs root"), arguments: [false, true])
  func access(_ exists: Bool) async throws {
    let folder = try TemporaryFolder()
    let path = folder.path("shop.state.lock")
    if exists {
      try Data().write(to: URL(filePath: path))
      try #require(chmod(path, 0o644) == 0)
    }
    let lock = try await StateLock.acquire(forState: folder.state, as: Self.holder("ann@laptop"))
    await #expect(processExitsWith: .success) { [path = path as String] in
      try #require(setuid(4242) == 0)
      #expect(open(path, O_RDONLY) == -1)
      #expect(errno == EACCES)
    }
    _ = consume lock
  }

  @Test("escapes and shortens the content of its file for the terminal")
  func hostileHolder() async throws {
    let folder = try TemporaryFolder()
    let text =
      #"{"who":"\u001b[2J\#(String(repeating: "x", count: 500))","what":"a\u202e","#
      + #""since":"2027-01-15T08:00:00Z","processID":1}"#
    let path = folder.path("shop.state.lock")
    try Data(text.utf8).write(to: URL(filePath: path))
    let descriptor = open(path, O_RDWR)
    defer { close(descriptor) }
    try #require(flock(descriptor, LOCK_EX) == 0)
    let message = try #require(await refusal(folder)).description
    #expect(message.contains("locked by another run (\\u{1B}[2Jxxx"))
    #expect(message.contains("deploy a\\u{202E}, process"))
    #expect(message.count < 500)
  }

  @Test("names its file if it cannot be made")
  func noFolder() async throws {
    let error = await #expect(throws: StateFileError.self) {
      let lock = try await StateLock.acquire(
        forState: "/nowhere/shop.state.json", as: Self.holder("ann@laptop"))
      _ = consume lock
    }
    #expect(error?.code == .notWritable)
    let file = "/nowhere/shop.state.lock"
    #expect(error?.description == "\(file): cannot be used as a lock: No such file or directory.")
  }
}
