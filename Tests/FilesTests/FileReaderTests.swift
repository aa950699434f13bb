import Files
import Foundation
import TestSupport
import Testing

@Suite("Reading files")
struct FileReaderTests {
  private static let small = FileKind(limit: 1 << 16)

  private func refusal(_ path: String, _ kind: FileKind = small) -> FileError? {
    #expect(throws: FileError.self) { try FileReader.read(path, as: kind) }
  }

  @Test(
    "a file is read completely, up to its limit, even if empty", arguments: [0, 1, 65535, 65536])
  func whole(_ size: Int) throws {
    let folder = try TemporaryFolder()
    let text = String(repeating: "x", count: size)
    let path = try folder.file("file", text)
    #expect(try FileReader.read(path, as: Self.small) == Array(text.utf8))
  }

  @Test("a file above its limit is refused, and the message names the limit")
  func tooLarge() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("file", String(repeating: "x", count: 65537))
    #expect(refusal(path)?.reason == .isTooLarge(limit: 65536))
    #expect(
      refusal(path)?.description
        == "\(path) cannot be read: it is larger than 64 KiB, the limit for such a file")
  }

  @Test("a file of 3 GB is refused before it is read")
  func huge() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("file")
    try #require(truncate(path, 3 << 30) == 0)
    #expect(refusal(path, .savedPlan)?.reason == .isTooLarge(limit: 1 << 30))
  }

  @Test("anything but a regular file is refused without waiting", arguments: Thing.allCases)
  func things(_ thing: Thing) throws {
    let folder = try TemporaryFolder()
    let path = try folder.make(thing)
    let error = try #require(refusal(path))
    #expect(
      error.description == "\(path) cannot be read: it is \(thing.rawValue), not a regular file")
    try #require(symlink(path, folder.path("link")) == 0)
    #expect(refusal(folder.path("link"))?.reason == error.reason)
  }

  @Test("a file with more bytes than its size is read on, but not beyond its limit")
  func growing() throws {
    let status = try FileReader.read("/proc/self/status", as: Self.small)
    #expect(String(decoding: status, as: UTF8.self).contains("\nPid:"))
    // A regular file of size 0 with a line for each mapping of memory.
    #expect(refusal("/proc/self/maps", FileKind(limit: 512))?.reason == .isTooLarge(limit: 512))
  }

  @Test("a link is followed unless deploy itself chose the name")
  func links() throws {
    let folder = try TemporaryFolder()
    try folder.file("file", "text")
    let link = folder.path("link")
    try #require(symlink("file", link) == 0)
    #expect(try FileReader.read(link, as: Self.small) == Array("text".utf8))
    #expect(refusal(link, .state)?.reason == .isLink)
    #expect(refusal(link, .keptRanges)?.reason == .isLink)
  }

  @Test("a secret that others can read is refused", arguments: [0o640, 0o604, 0o666] as [mode_t])
  func openSecret(_ mode: mode_t) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("file", mode: mode)
    #expect(refusal(path, .secret)?.description.contains("chmod 600 \(path)") == true)
    #expect(chmod(path, 0o600) == 0)
    #expect(try FileReader.read(path, as: .secret) == Array("old".utf8))
  }

  @Test(
    "a file that only its owner can read is refused as a snippet",
    arguments: [0o600, 0o400, 0o700] as [mode_t])
  func secretSnippet(_ mode: mode_t) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("file", mode: mode)
    #expect(refusal(path, .snippet)?.description.contains("chmod a+r \(path)") == true)
    #expect(refusal(path, .issuers)?.reason == .isForOwnerAlone)
    #expect(chmod(path, 0o640) == 0)
    #expect(try FileReader.read(path, as: .snippet) == Array("old".utf8))
  }

  @Test("a missing file is an error, or nil if it may be missing")
  func missing() throws {
    let folder = try TemporaryFolder()
    #expect(
      refusal(folder.path("file"))?.description
        == "\(folder.path("file")) cannot be read: No such file or directory")
    #expect(try FileReader.readIfPresent(folder.path("file"), as: Self.small) == nil)
    #expect(refusal(folder.path("file/x"))?.reason == .missing)
    try folder.file("file")
    #expect(refusal(folder.path("file/x"))?.reason != .missing)
  }
}
