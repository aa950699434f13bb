import Fleet
import FleetLiterals
import Foundation
import State
import StateStores
import TestSupport
import Testing

extension TemporaryFolder {
  var state: String { path("shop.state.json") }

  static func fleet(hosts: Int) -> FleetState {
    var state = FleetState(fleet: "shop", lineage: "0123")
    for number in 0..<hosts {
      state.hosts["app-\(number)"] = HostRecord(
        address: "198.51.100.21", roles: ["back-end"],
        release: ReleaseRecord(
          number: 7, files: ["nginx/deploy.conf": FileRecord(digest: "ab", isSecret: false)],
          certificates: [:]), appliedAt: Timestamp(secondsSince1970: 1_800_000_000),
        appliedBy: "ann@laptop")
    }
    return state
  }
}

/// unshare(2) for mounts, of the calling thread; Glibc's module does not declare it.
private func leaveMountNamespace() throws -> Int32 {
  typealias Unshare = @convention(c) (Int32) -> Int32
  let newMountNamespace: Int32 = 0x20000
  let symbol = try #require(dlsym(nil, "unshare"))
  return unsafeBitCast(symbol, to: Unshare.self)(newMountNamespace)
}

/// Gives the calling thread a small disk at a folder, which goes with its process.
func mountDisk(at path: String, kibibytes: Int) throws {
  try #require(try leaveMountNamespace() == 0)
  try #require(mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil) == 0)
  try #require(mount("tmpfs", path, "tmpfs", 0, "size=\(kibibytes)k") == 0)
}

@Suite("The file of a state")
struct StateFileTests {
  @Test("is read as it was written, with the next serial, and sorted")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    var file = try StateFile.read(folder.state, fleet: "shop")
    #expect(file.state == nil)
    try file.write(TemporaryFolder.fleet(hosts: 2))
    var expected = TemporaryFolder.fleet(hosts: 2)
    expected.serial = 1
    #expect(file.state == expected)
    #expect(try StateFile.read(folder.state, fleet: "shop").state == expected)
    #expect(try folder.names() == ["shop.state.json"])
    let text = try String(contentsOfFile: folder.state, encoding: .utf8)
    #expect(text.hasPrefix("{\n  \"caGenerations\" : [\n\n  ],\n  \"fleet\" : \"shop\",\n"))
    #expect(text.hasSuffix("}\n"))
  }

  @Test("has the previous state next to it")
  func previous() throws {
    let folder = try TemporaryFolder()
    var file = try StateFile.read(folder.state, fleet: "shop")
    try file.write(TemporaryFolder.fleet(hosts: 1))
    let first = try Data(contentsOf: URL(filePath: folder.state))
    try file.write(TemporaryFolder.fleet(hosts: 2))
    #expect(try Data(contentsOf: URL(filePath: file.previousPath)) == first)
    #expect(try folder.names() == ["shop.state.json", "shop.state.json.previous"])
  }

  @Test(
    "is refused with the reason, and not changed",
    arguments: [
      ("", .truncated, "is truncated after 0 bytes"),
      ("{\"version\":1,\"fleet\":\"sh", .truncated, "is truncated after 24 bytes"),
      ("<<<<<<< HEAD {}\n", .notJSON, "is not JSON"),
      ("{\n<<<<<<< HEAD\n\"a\":{\n=======\n\"b\":{\n>>>>>>> x\n}}\n", .notJSON, "is not JSON"),
      ("{\"version\":1,\"fleet\":\"shop\"}}", .notJSON, "is not JSON"),
      ("{\"version\":1,\"fleet\":\"shop\"}", .malformed, "not a valid state: it has no lineage"),
      ("{\"version\":\"1\",\"fleet\":\"shop\"}", .malformed, "version: "),
      ("{\"version\":1,\"fleet\":\"blog\"}", .otherFleet, "of the fleet blog"),
      ("{\"version\":3,\"fleet\":\"shop\",\"x\":1}", .newerVersion, "has version 3"),
    ] as [(String, StateFileError.Code, String)])
  func refused(text: String, code: StateFileError.Code, words: String) throws {
    let folder = try TemporaryFolder()
    try Data(text.utf8).write(to: URL(filePath: folder.state))
    let error = try #require(throws: StateFileError.self) {
      try StateFile.read(folder.state, fleet: "shop")
    }
    #expect(error.code == code)
    #expect(error.description.contains(words))
    #expect(error.description.hasPrefix(folder.state + ": "))
    #expect(try String(contentsOfFile: folder.state, encoding: .utf8) == text)
  }

  @Test("is reported as truncated at any byte, also after a brace or inside a string")
  func truncated() throws {
    let folder = try TemporaryFolder()
    var file = try StateFile.read(folder.state, fleet: "shop")
    var state = TemporaryFolder.fleet(hosts: 1)
    state.hosts["app-0"]?.appliedBy = "a \"quoted\" \\ {name}"
    try file.write(state)
    let text = try Data(contentsOf: URL(filePath: folder.state))
    let end = try #require(text.lastIndex(of: UInt8(ascii: "}")))
    for count in 0...end {
      try text.prefix(count).write(to: URL(filePath: folder.state))
      let error = #expect(throws: StateFileError.self) {
        try StateFile.read(folder.state, fleet: "shop")
      }
      #expect(error?.code == .truncated, "after \(count) of \(text.count) bytes")
    }
    try text.prefix(end + 1).write(to: URL(filePath: folder.state))
    #expect(throws: Never.self) { try StateFile.read(folder.state, fleet: "shop") }
  }

  @Test("that cannot be read at all has a different error")
  func unreadable() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.state, withIntermediateDirectories: false)
    let error = try #require(throws: StateFileError.self) {
      try StateFile.read(folder.state, fleet: "shop")
    }
    #expect(error.code == .notReadable)
    #expect(error.description.contains("it is a folder, not a regular file"))
  }

  @Test(
    "is not overwritten if another program has written it since",
    arguments: ["{\"version\":2}", "", nil] as [String?])
  func changed(by text: String?) throws {
    let folder = try TemporaryFolder()
    var file = try StateFile.read(folder.state, fleet: "shop")
    try file.write(TemporaryFolder.fleet(hosts: 1))
    try FileManager.default.removeItem(atPath: folder.state)
    if let text { try Data(text.utf8).write(to: URL(filePath: folder.state)) }
    let error = try #require(throws: StateFileError.self) {
      try file.write(TemporaryFolder.fleet(hosts: 2))
    }
    #expect(error.code == .changed)
    #expect(FileManager.default.contents(atPath: folder.state) == text.map { Data($0.utf8) })
  }

  @Test("is refused if it is a symbolic link, and nothing is changed")
  func symbolicLink() throws {
    let folder = try TemporaryFolder()
    let link = folder.path("link.json")
    try FileManager.default.createSymbolicLink(
      atPath: link, withDestinationPath: "shop.state.json")
    try Data().write(to: URL(filePath: folder.state))
    try FileManager.default.removeItem(atPath: folder.state)
    var file = try StateFile.read(folder.state, fleet: "shop")
    try file.write(TemporaryFolder.fleet(hosts: 1))
    let error = try #require(throws: StateFileError.self) {
      try StateFile.read(link, fleet: "shop")
    }
    #expect(error.code == .notReadable)
    #expect(error.description.hasPrefix("\(link): cannot be read: it is a symbolic link"))
    // One that came after the state was read.
    try FileManager.default.removeItem(atPath: folder.state)
    try Data("secret".utf8).write(to: URL(filePath: folder.path("passwd")))
    try FileManager.default.createSymbolicLink(
      atPath: folder.state, withDestinationPath: "passwd")
    #expect(throws: StateFileError.self) { try file.write(TemporaryFolder.fleet(hosts: 2)) }
    #expect(FileManager.default.contents(atPath: folder.path("passwd")) == Data("secret".utf8))
  }

  @Test("is refused without waiting if it is a named pipe")
  func pipe() throws {
    let folder = try TemporaryFolder()
    try #require(mkfifo(folder.state, 0o644) == 0)
    let error = try #require(throws: StateFileError.self) {
      try StateFile.read(folder.state, fleet: "shop")
    }
    #expect(error.description.contains("it is a named pipe, not a regular file"))
  }

  @Test("is complete, old or new, if its writer is killed at any time", arguments: 0..<12)
  func killed(round: Int) async throws {
    let folder = try TemporaryFolder()
    var file = try StateFile.read(folder.state, fleet: "shop")
    try file.write(TemporaryFolder.fleet(hosts: 1))
    let path = folder.state
    let delay = 1000 + 2500 * round
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, delay = delay as Int] in
      Thread.detachNewThread {
        usleep(UInt32(delay))
        kill(getpid(), SIGKILL)
      }
      var file = try StateFile.read(path, fleet: "shop")
      while true { try file.write(TemporaryFolder.fleet(hosts: 40)) }
    }
    var survivor = try StateFile.read(path, fleet: "shop")
    let state = try #require(survivor.state)
    #expect([1, 40].contains(state.hosts.count))
    try survivor.write(TemporaryFolder.fleet(hosts: 3))
    #expect(try StateFile.read(path, fleet: "shop").state?.serial == state.serial + 1)
    #expect(try folder.names().isSubset(of: ["shop.state.json", "shop.state.json.previous"]))
    if state.serial > 1 {
      #expect(try StateFile.read(survivor.previousPath, fleet: "shop").state == state)
    }
  }

  /// The child has a mount namespace of its own, so that the disk goes with it.
  @Test("is unchanged if the disk is full", .requires(getuid() == 0, "needs root"))
  func diskFull() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path(".")
    await #expect(processExitsWith: .success) { [path = path as String] in
      try mountDisk(at: path, kibibytes: 64)
      let state = path + "/shop.state.json"
      var file = try StateFile.read(state, fleet: "shop")
      try file.write(TemporaryFolder.fleet(hosts: 10))
      let before = FileManager.default.contents(atPath: state)
      let error = try #require(throws: StateFileError.self) {
        try file.write(TemporaryFolder.fleet(hosts: 500))
      }
      #expect(error.code == .notWritable)
      #expect(error.description.contains("No space left on device"))
      #expect(FileManager.default.contents(atPath: state) == before)
      #expect(file.state?.serial == 1)
      try file.write(TemporaryFolder.fleet(hosts: 11))
      #expect(try StateFile.read(state, fleet: "shop").state?.hosts.count == 11)
    }
  }
}
