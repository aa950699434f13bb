import Foundation
import Planning
import TestSupport
import Testing

@Suite("A unified diff")
struct UnifiedDiffTests {
  /// Runs a program on files in a folder of its own; returns what it printed.
  private func run(
    _ words: [String], _ files: [String: String], reading path: String? = nil
  ) throws -> String {
    let folder = try TemporaryFolder("diff")
    for (name, text) in files { try folder.write(text, to: name) }
    let run = try ProgramRun(words, in: folder.path)
    return try path.map(folder.text) ?? run.output
  }

  private func diff(_ old: String, _ new: String) -> String {
    UnifiedDiff.between(old, new, oldName: "old", newName: "new")
  }

  /// Few different lines, so that many are alike; sometimes no newline at the end.
  private func text(_ random: inout SeededGenerator) -> String {
    let words = ["a", "b", "c", "", "}", "é", "e\u{301}", "x\r", "-- y", "++ z"]
    let lines = (0..<Int.random(in: 0...30, using: &random)).map { _ in
      words.randomElement(using: &random) ?? ""
    }
    let isWhole = Int.random(in: 0...3, using: &random) > 0
    return lines.joined(separator: "\n") + (isWhole && !lines.isEmpty ? "\n" : "")
  }

  @Test("makes the new text of the old one with patch", arguments: 0..<150 as Range<UInt64>)
  func patch(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let (old, new) = (text(&random), text(&random))
    let patched = try run(
      ["patch", "--binary", "-s", "-o", "result", "old", "patch"],
      ["old": old, "patch": diff(old, new)],
      reading: old.utf8.elementsEqual(new.utf8) ? "old" : "result")
    #expect(patched.utf8.elementsEqual(new.utf8), "\(diff(old, new))")
  }

  @Test("is the same with every line around it", arguments: 0..<300 as Range<UInt64>)
  func whole(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let (old, new) = (text(&random), text(&random))
    let whole = UnifiedDiff.between(old, new, oldName: "old", newName: "new", context: 1000)
    #expect(UnifiedDiff.whole(diff(old, new), to: new) == whole, "\(diff(old, new))")
  }

  @Test(
    "is the same as that of diff -u if there is one shortest edit",
    arguments: (0..<100 as Range<UInt64>).map { ($0, 40, 6) }
      + (0..<5 as Range<UInt64>).map { ($0, 6000, 900) })
  func sameAsDiff(_ seed: UInt64, _ lines: Int, _ changes: Int) throws {
    var random = SeededGenerator(seed: seed)
    // Lines that are all different leave no choice of which to keep.
    let old = (0..<lines).map { "line \($0)\n" }
    var new = old
    for _ in 0..<Int.random(in: 1...changes, using: &random) {
      let place = Int.random(in: 0..<new.count, using: &random)
      switch Int.random(in: 0...2, using: &random) {
      case 0: new.remove(at: place)
      case 1: new.insert("new \(place) \(seed)\n", at: place)
      default: new[place] = "changed \(place) \(seed)\n"
      }
    }
    let expected = try run(
      ["diff", "-u", "--label", "old", "--label", "new", "old", "new"],
      ["old": old.joined(), "new": new.joined()])
    #expect(diff(old.joined(), new.joined()) == expected)
  }

  @Test(
    "of large texts, in which blocks are moved, makes the new text with patch",
    arguments: 0..<5 as Range<UInt64>)
  func largeTexts(_ seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let old = (0..<6000).map { number in
      Int.random(in: 0...3, using: &random) == 0 ? "}" : "server 10.0.\(number / 3);"
    }
    var new = old
    for _ in 0..<20 {
      let (from, length) = (
        Int.random(in: 0..<5000, using: &random), Int.random(in: 1...400, using: &random)
      )
      let block = Array(new[from..<(from + length)])
      new.removeSubrange(from..<(from + length))
      new.insert(contentsOf: block, at: Int.random(in: 0..<new.count, using: &random))
    }
    let (before, after) = (old.joined(separator: "\n"), new.joined(separator: "\n"))
    let patch = diff(before, after)
    let patched = try run(
      ["patch", "--binary", "-s", "-o", "result", "old", "patch"],
      ["old": before, "patch": patch], reading: "result")
    #expect(patched == after)
    // Most lines stay where they are beside their neighbours.
    #expect(patch.split(separator: "\n").count { $0.hasPrefix("-") } < old.count)
  }

  @Test("of equal texts is empty", arguments: ["", "a\n", "a"])
  func equal(_ text: String) {
    #expect(diff(text, text).isEmpty)
  }

  @Test("distinguishes two encodings of one character")
  func spellings() {
    #expect(diff("\u{e9}\n", "e\u{301}\n") == "--- old\n+++ new\n@@ -1 +1 @@\n-\u{e9}\n+e\u{301}\n")
  }

  @Test("marks a last line without a newline")
  func lastNewline() {
    #expect(
      diff("a\nb", "a\nb\n")
        == "--- old\n+++ new\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n")
  }

  @Test("of a new and of a removed file has all its lines")
  func wholeFiles() {
    #expect(diff("", "a\nb\n") == "--- old\n+++ new\n@@ -0,0 +1,2 @@\n+a\n+b\n")
    #expect(diff("a\n", "") == "--- old\n+++ new\n@@ -1 +0,0 @@\n-a\n")
  }
}
