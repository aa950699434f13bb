/// What was planned in a run, as it was shown. Long plans lose lines from their middle: what a reader decides
/// on comes last.
package struct RunPlan: Hashable, Sendable, Codable {
  /// The most lines that are kept, and the most bytes.
  package static let mostLines = 600
  package static let mostBytes = 1 << 16

  /// SHA-256 of what would be saved of the plan, as in the first line of a saved plan, in lower-case
  /// hexadecimal digits.
  package var digest: String
  /// The line that counts the hosts: `Plan: 3 to change, 1 unchanged.`
  package var summary: String
  package var lines: [String]
  /// How many lines were left out.
  package var omitted: Int

  /// - Parameter lines: the whole text. Its last line is the summary.
  package init(digest: String, lines: [String]) {
    self.digest = digest
    summary = RunText.line(lines.last { !$0.isEmpty } ?? "")
    let safe = lines.map { RunText.line($0) }
    let (start, end) = Self.kept(safe.map { $0.utf8.count + 1 })
    omitted = end - start
    self.lines =
      omitted == 0
      ? safe
      : Array(safe[..<start]) + ["… \(omitted) lines are left out"] + Array(safe[end...])
  }

  /// The range of lines that are left out: empty if all fit.
  private static func kept(_ sizes: [Int]) -> (start: Int, end: Int) {
    guard sizes.count > mostLines || sizes.reduce(0, +) > mostBytes else {
      return (sizes.count, sizes.count)
    }
    func fitting(_ sizes: some Sequence<Int>) -> Int {
      var (count, bytes) = (0, 0)
      for size in sizes {
        bytes += size
        guard count < mostLines / 2, bytes <= mostBytes / 2 else { break }
        count += 1
      }
      return count
    }
    return (fitting(sizes), sizes.count - fitting(sizes.reversed()))
  }
}
