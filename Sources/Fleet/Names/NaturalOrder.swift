/// The order in which people expect names with numbers: `h2` before `h10`.
///
/// Names are compared byte by byte, but a run of digits as the number that it is. Names that differ only in zeros
/// before numbers, such as `h2` and `h02`, are in the order of their bytes.
package enum NaturalOrder {
  /// Whether a text comes before another one. A strict total order: of two different texts, one comes first.
  package static func isBefore(_ left: String, _ right: String) -> Bool {
    var (a, b) = (Reader(left), Reader(right))
    while let x = a.byte, let y = b.byte {
      if x.isDigit, y.isDigit {
        switch compareNumbers(&a, &b) {
        case .before: return true
        case .behind: return false
        case .same: continue
        }
      }
      guard x == y else { return x < y }
      a.advance()
      b.advance()
    }
    if a.byte == nil, b.byte == nil { return left < right }
    return a.byte == nil
  }

  private enum Relation {
    case before, same, behind
  }

  /// Reads a number of each text. Numbers may have more digits than an integer.
  private static func compareNumbers(_ a: inout Reader, _ b: inout Reader) -> Relation {
    a.skipZeros()
    b.skipZeros()
    // Of numbers with equally many digits, the first different digit decides.
    var relation = Relation.same
    while true {
      switch (a.digit, b.digit) {
      case (nil, nil): return relation
      case (nil, _): return .before
      case (_, nil): return .behind
      case (let x?, let y?):
        if relation == .same, x != y { relation = x < y ? .before : .behind }
        a.advance()
        b.advance()
      }
    }
  }

  /// The bytes of a text, one at a time.
  private struct Reader {
    private var rest: String.UTF8View.Iterator
    /// The current byte; nil at the end.
    private(set) var byte: UInt8?

    init(_ text: String) {
      rest = text.utf8.makeIterator()
      byte = rest.next()
    }

    /// The current byte if it is a digit.
    var digit: UInt8? { byte.flatMap { $0.isDigit ? $0 : nil } }

    mutating func advance() { byte = rest.next() }

    mutating func skipZeros() {
      while byte == UInt8(ascii: "0") { advance() }
    }
  }
}
