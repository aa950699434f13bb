/// Where a value was written: a file, a line and a column, both counted from 1.
package struct SourcePlace: Hashable, Sendable, Comparable, CustomStringConvertible {
  package var file: String
  package var line: Int
  /// Counted in Unicode scalars, as editors do.
  package var column: Int
  /// How many columns the value takes on its line; at least 1.
  package var length: Int

  package init(file: String, line: Int, column: Int, length: Int = 1) {
    self.file = file
    self.line = line
    self.column = column
    self.length = length
  }

  package var description: String { "\(file):\(line):\(column)" }

  package static func < (left: SourcePlace, right: SourcePlace) -> Bool {
    (left.file, left.line, left.column) < (right.file, right.line, right.column)
  }
}
