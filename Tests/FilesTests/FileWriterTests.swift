import Files
import Foundation
import TestSupport
import Testing

@Suite("Writing files")
struct FileWriterTests {
  private func refusal(_ path: String) -> FileError? {
    #expect(throws: FileError.self) {
      try FileWriter.replace(path, text: "new", for: .everyone)
    }
  }

  @Test("a file is created, then replaced, and nothing is left next to it")
  func replacing() throws {
    let folder = try TemporaryFolder()
    try FileWriter.create(folder.path("file"), text: "one", for: .ownerAlone)
    #expect(try folder.mode("file") == 0o600)
    #expect(throws: FileError.self) {
      try FileWriter.create(folder.path("file"), text: "two", for: .ownerAlone)
    }
    #expect(try folder.text("file") == "one")
    try FileWriter.replace(folder.path("file"), text: "two", for: .everyone)
    #expect(try folder.text("file") == "two")
    #expect(try folder.mode("file") == 0o600, "only the users who could read it before can read it")
    #expect(try folder.names() == ["file"])
  }

  @Test("a link is refused, and its target stays unchanged")
  func links() throws {
    let folder = try TemporaryFolder()
    try folder.file("passwd")
    try #require(symlink("passwd", folder.path("link")) == 0)
    #expect(refusal(folder.path("link"))?.reason == .isLink)
    #expect(throws: FileError.self) { try FileWriter.append(folder.path("link"), [1]) }
    #expect(throws: FileError.self) { try FileWriter.destroy(folder.path("link")) }
    #expect(try folder.text("passwd") == "old")
    #expect(try folder.names() == ["passwd", "link"])
  }

  @Test("anything but a regular file is refused", arguments: Thing.allCases)
  func things(_ thing: Thing) throws {
    let folder = try TemporaryFolder()
    let path = try folder.make(thing)
    #expect(
      refusal(path)?.description
        == "\(path) cannot be replaced: it is \(thing.rawValue), not a regular file")
    #expect(throws: FileError.self) { try FileWriter.append(path, [1]) }
    #expect(throws: FileError.self) { try FileWriter.destroy(path) }
  }

  @Test("what is added follows the given length, and overwrites what a failed call left there")
  func addingAtALength() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("file")
    func append(_ text: String, at length: Int) throws {
      try FileWriter.append(Array(text.utf8), to: path, at: length)
    }
    #expect(throws: FileError.self) { try append("one", at: 0) }
    #expect(try folder.names() == [])
    try FileWriter.create(path, contents: Array("one,".utf8), for: .everyone, within: 0o640)
    #expect(try folder.mode("file") == 0o640)
    try append("two,", at: 4)
    try append("three", at: 4)
    #expect(try folder.text("file") == "one,three")
    let error = #expect(throws: FileError.self) { try append("four", at: 10) }
    #expect(error?.reason == .isChanged)
    #expect(error?.description == "\(path) cannot be appended to: another program has changed it")
    try #require(symlink("file", folder.path("link")) == 0)
    #expect(throws: FileError.self) { try FileWriter.append([1], to: folder.path("link"), at: 9) }
    #expect(try folder.text("file") == "one,three")
  }

  @Test("another name of a replaced file keeps the old text")
  func hardLinks() throws {
    let folder = try TemporaryFolder()
    try folder.file("file")
    try #require(link(folder.path("file"), folder.path("other")) == 0)
    try FileWriter.replace(folder.path("file"), text: "new", for: .everyone)
    #expect(try folder.text("other") == "old")
    #expect(try folder.text("file") == "new")
  }

  @Test("a file of another user is refused", .requires(getuid() == 0, "needs root"))
  func owner() throws {
    let folder = try TemporaryFolder()
    try folder.file("file")
    try #require(chown(folder.path("file"), 4242, 4242) == 0)
    #expect(refusal(folder.path("file"))?.reason == .isOwnedByAnother)
    #expect(throws: FileError.self) { try FileWriter.append(folder.path("file"), [1]) }
    #expect(try folder.text("file") == "old")
    // As with sudo in a user's own folder.
    try #require(chown(folder.path, 4242, 4242) == 0)
    try FileWriter.replace(folder.path("file"), text: "new", for: .everyone)
    #expect(try folder.text("file") == "new")
  }

  @Test("the leftover of a killed run is replaced, unless it is something else")
  func leftovers() throws {
    let folder = try TemporaryFolder()
    try folder.file("file.new", "half of")
    try FileWriter.replace(folder.path("file"), text: "new", for: .everyone)
    #expect(try folder.names() == ["file"])
    try folder.file("passwd")
    try #require(symlink("passwd", folder.path("file.new")) == 0)
    #expect(
      refusal(folder.path("file"))?.description.hasPrefix(
        "\(folder.path("file.new")) cannot be created: it is a symbolic link") == true)
    #expect(try folder.text("passwd") == "old")
    #expect(try folder.text("file") == "new")
    try #require(unlink(folder.path("file.new")) == 0)
    try #require(mkfifo(folder.path("file.new"), 0o600) == 0)
    #expect(refusal(folder.path("file"))?.reason == .isKind(.pipe))
  }

  @Test("a file that another run is writing is refused")
  func rivals() throws {
    let folder = try TemporaryFolder()
    try folder.file("file.new", "half of")
    let other = open(folder.path("file.new"), O_RDONLY)
    try #require(flock(other, LOCK_EX) == 0)
    #expect(refusal(folder.path("file"))?.reason == .isBeingWritten)
    #expect(try folder.text("file.new") == "half of")
    close(other)
    try FileWriter.replace(folder.path("file"), text: "new", for: .everyone)
    #expect(try folder.names() == ["file"])
  }

  @Test("of many concurrent writers, each writes completely or is refused")
  func atOnce() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path("file")
    await withTaskGroup { group in
      for number in 0..<8 {
        group.addTask {
          for _ in 0..<25 {
            do throws(FileError) {
              let text = String(repeating: "\(number)", count: 5000)
              try FileWriter.replace(path, text: text, for: .everyone)
            } catch {
              #expect(error.reason == .isBeingWritten)
            }
          }
        }
      }
    }
    let text = try folder.text("file")
    #expect(text.count == 5000 && Set(text).count == 1)
    #expect(try folder.names() == ["file"])
  }

  @Test("lines are added at the end")
  func appending() throws {
    let folder = try TemporaryFolder()
    try FileWriter.append(folder.path("file"), Array("one\n".utf8))
    try FileWriter.append(folder.path("file"), Array("two\n".utf8))
    #expect(try folder.text("file") == "one\ntwo\n")
    #expect(try folder.mode("file") == 0o600)
  }

  @Test("a folder that cannot be written to is named", .requires(getuid() == 0, "needs root"))
  func unwritable() async throws {
    let folder = try TemporaryFolder()
    try folder.file("file")
    await #expect(processExitsWith: .success) { [path = folder.path("file") as String] in
      try #require(setuid(4242) == 0)
      let error = #expect(throws: FileError.self) {
        try FileWriter.create(path + "-2", text: "new", for: .everyone)
      }
      #expect(error?.description == "\(path)-2.new cannot be created: Permission denied")
    }
    #expect(try folder.names() == ["file"])
  }
}
