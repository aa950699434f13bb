/// The difference of two texts as `diff -u` shows it.
package enum UnifiedDiff {
  fileprivate enum Line {
    case same(String), removed(String), added(String)

    var text: String {
      switch self {
      case .same(let text): " " + text
      case .removed(let text): "-" + text
      case .added(let text): "+" + text
      }
    }

    var isSame: Bool { if case .same = self { true } else { false } }
  }

  /// Empty where the texts are equal.
  package static func between(
    _ old: String, _ new: String, oldName: String, newName: String, context: Int = 3
  ) -> String {
    guard old != new else { return "" }
    let lines = edits(from: splitLines(old), to: splitLines(new))
    var output = ["--- \(oldName)", "+++ \(newName)"]
    for hunk in hunks(of: lines, context: context) {
      let before = lines[..<hunk.lowerBound]
      let part = lines[hunk]
      let oldStart = before.count { $0.isSame || $0.isRemoved } + 1
      let newStart = before.count { $0.isSame || $0.isAdded } + 1
      let oldCount = part.count { $0.isSame || $0.isRemoved }
      let newCount = part.count { $0.isSame || $0.isAdded }
      output.append(
        "@@ -\(range(oldStart, oldCount)) +\(range(newStart, newCount)) @@")
      output += part.map(\.text)
    }
    return output.joined(separator: "\n") + "\n"
  }

  private static func splitLines(_ text: String) -> [String] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  private static func range(_ start: Int, _ count: Int) -> String {
    count == 1 ? "\(start)" : "\(count == 0 ? start - 1 : start),\(count)"
  }

  private static func edits(from old: [String], to new: [String]) -> [Line] {
    let difference = new.difference(from: old)
    var removed: Set<Int> = []
    var added: Set<Int> = []
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): added.insert(offset)
      }
    }
    var lines: [Line] = []
    var (left, right) = (0, 0)
    while left < old.count || right < new.count {
      if left < old.count, removed.contains(left) {
        lines.append(.removed(old[left]))
        left += 1
      } else if right < new.count, added.contains(right) {
        lines.append(.added(new[right]))
        right += 1
      } else {
        lines.append(.same(old[left]))
        (left, right) = (left + 1, right + 1)
      }
    }
    return lines
  }

  private static func hunks(of lines: [Line], context: Int) -> [Range<Int>] {
    var hunks: [Range<Int>] = []
    for (index, line) in lines.enumerated() where !line.isSame {
      let around = max(0, index - context)..<min(lines.count, index + context + 1)
      if let last = hunks.last, around.lowerBound <= last.upperBound {
        hunks[hunks.count - 1] = last.lowerBound..<around.upperBound
      } else {
        hunks.append(around)
      }
    }
    return hunks
  }
}

extension UnifiedDiff.Line {
  fileprivate var isRemoved: Bool { if case .removed = self { true } else { false } }
  fileprivate var isAdded: Bool { if case .added = self { true } else { false } }
}
