import Fleet
import Foundation
import State
import StateStores
import TestSupport
import Testing

@Suite("The history of runs beside a state")
struct RunHistoryFileTests {
  private let now = Timestamp(secondsSince1970: 1_795_415_280)

  private func entry(_ number: Int) throws -> RunEntry {
    var random = SeededGenerator(seed: UInt64(number))
    return .begun(
      RunStart(
        id: RunID(at: now.adding(seconds: Int64(number)), using: &random), fleet: "shop",
        user: "anna", machine: "laptop", process: RunProcess(id: 1, start: nil),
        command: ["apply", "\(number)"], version: "0.1.0", startedAt: now))
  }

  @Test("has each entry on a line, in a file that its owner alone can read")
  func entries() throws {
    let folder = try TemporaryFolder()
    let file = RunHistoryFile(forState: folder.state)
    #expect(try file.read() == HistoryContent())
    let entries = try (1...3).map(entry)
    for entry in entries { try file.append(entry) }
    #expect(try file.read() == HistoryContent(entries: entries))
    #expect(try folder.names() == ["shop.runs.jsonl"])
    #expect(try folder.text("shop.runs.jsonl").split(separator: "\n").count == 3)
    let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions]
    #expect(mode as? Int == 0o600)
    #expect(RunHistoryFile(forState: "a/b.json").path == "a/b.runs.jsonl")
  }

  @Test("keeps all other entries if a run is killed while it writes one, at any byte")
  func torn() throws {
    let folder = try TemporaryFolder()
    let file = RunHistoryFile(forState: folder.state)
    let entries = try (1...3).map(entry)
    try file.append(entries[0])
    let first = try folder.bytes("shop.runs.jsonl")
    try file.append(entries[1])
    let both = try folder.bytes("shop.runs.jsonl")
    for length in first.count..<both.count {
      try folder.write(Array(both[..<length]), to: "shop.runs.jsonl")
      // A whole line without its line feed counts: nothing of it is missing.
      let isWhole = length == both.count - 1
      let kept = isWhole ? Array(entries[0...1]) : [entries[0]]
      #expect(try file.read() == HistoryContent(entries: kept))
      try file.append(entries[2])
      let content = try file.read()
      #expect(content.entries == kept + [entries[2]])
      let isTorn = length > first.count && !isWhole
      #expect(
        content.skipped
          == (isTorn
            ? [
              "\(file.path):2: skipped: the line is not complete: its run was killed, or the disk was full"
            ]
            : []))
    }
  }

  @Test("is moved away when a run begins and it is large, and is read with that part")
  func large() throws {
    let folder = try TemporaryFolder()
    let file = RunHistoryFile(forState: folder.state, limit: 500)
    let entries = try (1...40).map(entry)
    for entry in entries { try file.append(entry) }
    #expect(try folder.names() == ["shop.runs.jsonl", "shop.runs.jsonl.1"])
    let kept = try file.read().entries
    #expect(kept.count < 10 && Array(entries.suffix(kept.count)) == kept)
    for name in try folder.names() { #expect(try folder.bytes(name).count < 1000) }
  }

  @Test("says which lines it skips, and why")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let file = RunHistoryFile(forState: folder.state)
    let good = try entry(1)
    try file.append(good)
    let line = try folder.text("shop.runs.jsonl")
    try folder.write(
      "<<<<<<< HEAD\n" + line.replacing(#""shop""#, with: #""Shop!""#)
        + line.replacing(#""version":1"#, with: #""version":9"#)
        + line.replacing("anna", with: "\u{7F}\u{202E}") + line + "\n" + #"{"version":1}"# + "\n",
      to: "shop.runs.jsonl")
    let content = try file.read()
    #expect(content.entries == [good])
    #expect(
      content.skipped.map { $0.dropFirst(file.path.count) } == [
        ":1: skipped: the line is not JSON",
        ":2: skipped: begun.fleet: \"Shop!\" is not a fleet name",
        ":3: skipped: version: a newer deploy wrote it, with version 9",
        ":4: skipped: begun.user: \"\\u{7F}\\u{202E}\" is not one line without control characters",
        ":7: skipped: it has no run",
      ])
  }

  @Test("is neither read nor written through a link or in a folder that does not exist")
  func refused() throws {
    let folder = try TemporaryFolder()
    let missing = RunHistoryFile(forState: folder.path("none/shop.state.json"))
    #expect(throws: StateFileError.self) { try missing.append(try entry(1)) }
    let file = RunHistoryFile(forState: folder.state)
    try folder.write("old", to: "other")
    try #require(symlink("other", file.path) == 0)
    #expect(throws: StateFileError.self) { try file.append(try entry(1)) }
    #expect(throws: StateFileError.self) { try file.read() }
    #expect(try folder.text("other") == "old")
  }

  @Test("has whole lines if many runs write at the same time")
  func concurrent() async throws {
    let folder = try TemporaryFolder()
    let path = folder.state
    let entries = try (1...200).map(entry)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for entry in entries {
        group.addTask { try RunHistoryFile(forState: path).append(entry) }
      }
      try await group.waitForAll()
    }
    let content = try RunHistoryFile(forState: path).read()
    #expect(content.entries.count == 200 && Set(content.entries) == Set(entries))
    #expect(content.skipped.isEmpty)
  }
}
