/// Finds what the user probably meant.
package enum Suggestion {
  /// The candidate nearest to `text`, the first of several; nil where none is near.
  ///
  /// Near is one edit for each three characters, at least one.
  package static func nearest(to text: String, among candidates: some Sequence<String>) -> String? {
    let written = Array(text.unicodeScalars.prefix(longest + 1))
    guard !written.isEmpty, written.count <= longest else { return nil }
    let limit = max(1, written.count / 3)
    var best: (candidate: String, distance: Int)?
    for candidate in candidates where candidate != text {
      let other = Array(candidate.unicodeScalars)
      guard abs(other.count - written.count) <= limit else { continue }
      let distance = distance(written, other)
      if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.candidate
  }

  private static let longest = 64

  /// Insertions, removals, replacements and swaps of neighbours between two texts
  /// (the optimal string alignment distance).
  package static func distance(_ left: String, _ right: String) -> Int {
    distance(Array(left.unicodeScalars), Array(right.unicodeScalars))
  }

  private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (row, character) in left.enumerated() {
      var current = [row + 1]
      for (column, other) in right.enumerated() {
        var cost = last[column] + (character == other ? 0 : 1)
        cost = min(cost, last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, character == right[column - 1], left[row - 1] == other {
          cost = min(cost, beforeLast[column - 1] + 1)
        }
        current.append(cost)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
