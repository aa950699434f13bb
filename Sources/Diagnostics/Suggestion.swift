/// Finds what the user probably meant.
package enum Suggestion {
  /// The candidate nearest to `text`, the first by name if there are several; nil if none is near.
  ///
  /// Near is one edit for each three characters, at least one.
  package static func nearest(to text: String, among candidates: some Sequence<String>) -> String? {
    let written = Array(text.unicodeScalars.prefix(longest + 1))
    guard !written.isEmpty, written.count <= longest else { return nil }
    var limit = max(1, written.count / 3)
    var best: (candidate: String, distance: Int)?
    for candidate in candidates where candidate != text {
      guard let distance = distance(written, Array(candidate.unicodeScalars), limit: limit) else {
        continue
      }
      if let best, (best.distance, best.candidate) < (distance, candidate) { continue }
      best = (candidate, distance)
      limit = distance
    }
    return best?.candidate
  }

  private static let longest = 64

  /// Insertions, removals, replacements and swaps of neighbours between two texts
  /// (the optimal string alignment distance); nil if they are more than `limit`.
  package static func distance(_ left: String, _ right: String, limit: Int = .max) -> Int? {
    distance(Array(left.unicodeScalars), Array(right.unicodeScalars), limit: limit)
  }

  private static func distance(
    _ left: [Unicode.Scalar], _ right: [Unicode.Scalar], limit: Int
  ) -> Int? {
    guard abs(left.count - right.count) <= limit else { return nil }
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    var lastLeast = 0
    for (row, character) in left.enumerated() {
      var current = [row + 1]
      var least = row + 1
      for (column, other) in right.enumerated() {
        var cost = last[column] + (character == other ? 0 : 1)
        cost = min(cost, last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, character == right[column - 1], left[row - 1] == other {
          cost = min(cost, beforeLast[column - 1] + 1)
        }
        current.append(cost)
        least = min(least, cost)
      }
      // A swap reaches back two rows, so both have to be too far.
      if least > limit, lastLeast > limit { return nil }
      (beforeLast, last, lastLeast) = (last, current, least)
    }
    return last[right.count] <= limit ? last[right.count] : nil
  }
}
