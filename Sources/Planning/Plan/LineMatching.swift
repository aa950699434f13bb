/// Finds the lines that two texts have in common, in order. Lines are numbers, equal for equal lines.
enum LineMatching {
  /// The lines of one text that the other one lacks, by position.
  struct Result {
    var removed: Set<Int>
    var added: Set<Int>
  }

  /// Up to this many lines the difference is a shortest one, which takes the square of its length.
  private static let mostLines = 4000

  /// The difference of two texts. That of large ones is made in parts, between lines that both have once.
  static func difference(from old: [Int], to new: [Int]) -> Result {
    var result = Result(removed: Set(old.indices), added: Set(new.indices))
    match(old[...], new[...], &result)
    return result
  }

  /// Removes the lines from the result that both parts have.
  private static func match(
    _ old: ArraySlice<Int>, _ new: ArraySlice<Int>, _ result: inout Result
  ) {
    var (old, new) = (old, new)
    while let left = old.first, left == new.first {
      keep(old.startIndex, new.startIndex, &result)
      (old, new) = (old.dropFirst(), new.dropFirst())
    }
    guard !old.isEmpty, !new.isEmpty else { return }
    if old.count + new.count <= mostLines {
      matchAll(old, new, &result)
      return
    }
    var (left, right) = (old.startIndex, new.startIndex)
    for anchor in anchors(old, new) {
      match(old[left..<anchor.old], new[right..<anchor.new], &result)
      keep(anchor.old, anchor.new, &result)
      (left, right) = (anchor.old + 1, anchor.new + 1)
    }
    // Without an anchor everything that is left has changed.
    if left > old.startIndex { match(old[left...], new[right...], &result) }
  }

  private static func keep(_ old: Int, _ new: Int, _ result: inout Result) {
    result.removed.remove(old)
    result.added.remove(new)
  }

  private static func matchAll(
    _ old: ArraySlice<Int>, _ new: ArraySlice<Int>, _ result: inout Result
  ) {
    var removed: Set<Int> = []
    var added: Set<Int> = []
    for change in Array(new).difference(from: Array(old)) {
      switch change {
      case .remove(let offset, _, _): removed.insert(old.startIndex + offset)
      case .insert(let offset, _, _): added.insert(new.startIndex + offset)
      }
    }
    result.removed.subtract(Set(old.indices).subtracting(removed))
    result.added.subtract(Set(new.indices).subtracting(added))
  }

  // MARK: - Lines that both texts have once

  private struct Anchor {
    var old: Int
    var new: Int
    /// The anchor before it in the longest chain that ends with it.
    var before: Int?
  }

  /// The longest chain of lines that both parts have exactly once, in the order of both (patience sorting).
  private static func anchors(_ old: ArraySlice<Int>, _ new: ArraySlice<Int>) -> [Anchor] {
    let (olds, news) = (positionsOfSingles(old), positionsOfSingles(new))
    var anchors = olds.compactMap { line, position in
      news[line].map { Anchor(old: position, new: $0) }
    }.sorted { $0.old < $1.old }
    // The last anchor of the best chain of each length: its place in the new text grows with the length.
    var ends: [Int] = []
    for index in anchors.indices {
      var (low, high) = (0, ends.count)
      while low < high {
        let middle = (low + high) / 2
        if anchors[ends[middle]].new < anchors[index].new {
          low = middle + 1
        } else {
          high = middle
        }
      }
      anchors[index].before = low == 0 ? nil : ends[low - 1]
      if low == ends.count { ends.append(index) } else { ends[low] = index }
    }
    var chain: [Anchor] = []
    var next = ends.last
    while let index = next {
      chain.append(anchors[index])
      next = anchors[index].before
    }
    return chain.reversed()
  }

  private static func positionsOfSingles(_ lines: ArraySlice<Int>) -> [Int: Int] {
    var positions: [Int: Int] = [:]
    var repeated: Set<Int> = []
    for (line, position) in zip(lines, lines.indices) {
      if positions.updateValue(position, forKey: line) != nil { repeated.insert(line) }
    }
    return positions.filter { !repeated.contains($0.key) }
  }
}
