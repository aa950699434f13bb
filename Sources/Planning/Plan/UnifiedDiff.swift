/// The difference of two texts as `diff -u` shows it and `patch` reads it.
package enum UnifiedDiff {
  /// A line with its newline. Bytes, because two encodings of one character differ, and because a newline
  /// after a carriage return still ends a line.
  fileprivate typealias Line = ArraySlice<UInt8>

  fileprivate struct Edit {
    enum Kind: Character {
      case same = " "
      case removed = "-"
      case added = "+"
    }

    var kind: Kind
    var line: Line

    var isOld: Bool { kind != .added }
    var isNew: Bool { kind != .removed }

    var text: String {
      let hasNewline = line.last == UInt8(ascii: "\n")
      return "\(kind.rawValue)" + String(decoding: line, as: UTF8.self)
        + (hasNewline ? "" : "\n\\ No newline at end of file\n")
    }
  }

  /// Empty if the texts are equal, byte by byte.
  package static func between(
    _ old: String, _ new: String, oldName: String, newName: String, context: Int = 3
  ) -> String {
    let edits = edits(from: lines(of: old), to: lines(of: new))
    let hunks = hunks(of: edits, context: context)
    guard !hunks.isEmpty else { return "" }
    var output = "--- \(oldName)\n+++ \(newName)\n"
    var (position, oldLine, newLine) = (0, 0, 0)
    for hunk in hunks {
      let before = edits[position..<hunk.lowerBound]
      oldLine += before.count(where: \.isOld)
      newLine += before.count(where: \.isNew)
      let part = edits[hunk]
      let (old, new) = (part.count(where: \.isOld), part.count(where: \.isNew))
      output += "@@ -\(range(after: oldLine, old)) +\(range(after: newLine, new)) @@\n"
      for edit in part { output += edit.text }
      (position, oldLine, newLine) = (hunk.upperBound, oldLine + old, newLine + new)
    }
    return output
  }

  /// The same diff with all unchanged lines as context.
  ///
  /// - Parameter text: the new text.
  package static func whole(_ diff: String, to text: String) -> String {
    let new = lines(of: text)
    let diffLines = lines(of: diff)
    guard diffLines.count > 2 else { return diff }
    let names = diffLines.prefix(2).map {
      String(decoding: $0.dropFirst(4).dropLast(), as: UTF8.self)
    }
    var old: [Line] = []
    var position = 0
    var last = UInt8(ascii: " ")
    for line in diffLines.dropFirst(2) {
      let content = line.dropFirst()
      switch line.first {
      case UInt8(ascii: "@"):
        let start = newStart(ofHunk: line)
        old += new[position..<start]
        position = start
      case UInt8(ascii: "+"): position += 1
      case UInt8(ascii: "-"): old.append(content)
      case UInt8(ascii: "\\"):
        if last != UInt8(ascii: "+"), let line = old.popLast() { old.append(line.dropLast()) }
      default:
        old.append(content)
        position += 1
      }
      last = line.first ?? last
    }
    old += new[position...]
    return between(
      String(decoding: old.joined(), as: UTF8.self), text, oldName: names[0], newName: names[1],
      context: old.count + new.count)
  }

  /// The number of lines of the new text before a hunk.
  private static func newStart(ofHunk heading: Line) -> Int {
    let words = heading.split(separator: UInt8(ascii: " "))
    let numbers = words.count > 2 ? words[2].dropFirst().split(separator: UInt8(ascii: ",")) : []
    let values = numbers.compactMap { Int(String(decoding: $0, as: UTF8.self)) }
    guard let first = values.first else {
      preconditionFailure("A unified diff has a hunk without a range. This is a bug in deploy.")
    }
    return values.count > 1 && values[1] == 0 ? first : first - 1
  }

  private static func lines(of text: String) -> [Line] {
    var lines: [Line] = []
    var rest = Array(text.utf8)[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(rest[...end])
      rest = rest[(end + 1)...]
    }
    return rest.isEmpty ? lines : lines + [rest]
  }

  private static func range(after before: Int, _ count: Int) -> String {
    count == 1 ? "\(before + 1)" : "\(count == 0 ? before : before + 1),\(count)"
  }

  private static func edits(from old: [Line], to new: [Line]) -> [Edit] {
    guard !old.isEmpty, !new.isEmpty else {
      return old.map { Edit(kind: .removed, line: $0) } + new.map { Edit(kind: .added, line: $0) }
    }
    var numbers: [Line: Int] = [:]
    func numbered(_ lines: [Line]) -> [Int] {
      lines.map { line in
        let number = numbers[line] ?? numbers.count
        numbers[line] = number
        return number
      }
    }
    let difference = LineMatching.difference(from: numbered(old), to: numbered(new))
    let (removed, added) = (difference.removed, difference.added)
    var edits: [Edit] = []
    var (left, right) = (0, 0)
    while left < old.count || right < new.count {
      if removed.contains(left) {
        edits.append(Edit(kind: .removed, line: old[left]))
        left += 1
      } else if added.contains(right) {
        edits.append(Edit(kind: .added, line: new[right]))
        right += 1
      } else {
        edits.append(Edit(kind: .same, line: old[left]))
        (left, right) = (left + 1, right + 1)
      }
    }
    return edits
  }

  private static func hunks(of edits: [Edit], context: Int) -> [Range<Int>] {
    var hunks: [Range<Int>] = []
    for (index, edit) in edits.enumerated() where edit.kind != .same {
      let around = max(0, index - context)..<min(edits.count, index + context + 1)
      if let last = hunks.last, around.lowerBound <= last.upperBound {
        hunks[hunks.count - 1] = last.lowerBound..<around.upperBound
      } else {
        hunks.append(around)
      }
    }
    return hunks
  }
}
