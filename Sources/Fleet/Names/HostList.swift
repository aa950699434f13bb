extension Collection<HostName> {
  /// The hosts as people read them: `app-1 … app-196, db`. Three or more hosts with consecutive numbers become a
  /// range, and after ten hosts or ranges follows the number of the others.
  ///
  /// - Parameters:
  ///   - most: how many hosts or ranges are shown.
  ///   - suffix: is added to each host or range: `app-1 … app-9 (release 3)`.
  package func listed(separator: String = ", ", most: Int = 10, suffix: String = "") -> String {
    let shown = NumberedRange.all(of: self).prefix(most)
    let rest = count - shown.reduce(0) { $0 + $1.count }
    return shown.map { $0.text + suffix }.joined(separator: separator)
      + (rest > 0 ? " and \(rest) more" : "")
  }
}

/// One host, or several whose names differ only in a number that grows by one: `app-8`, `app-9`, `app-10`.
private struct NumberedRange {
  private let first: HostName
  private var last: Parts?
  private var lastHost: HostName
  private(set) var count = 1

  /// A name with the last number in it.
  private struct Parts: Equatable {
    var before: Substring
    var number: Int
    /// The digits of a number with zeros before it, which keeps its length; 0 for other numbers.
    var length: Int
    var after: Substring

    /// Nil if the name has no number, or too large a one.
    init?(_ host: HostName) {
      let bytes = host.text.utf8
      guard let end = bytes.lastIndex(where: \.isDigit).map(bytes.index(after:)) else { return nil }
      let start = bytes[..<end].lastIndex { !$0.isDigit }.map(bytes.index(after:))
      let digits = host.text[(start ?? bytes.startIndex)..<end]
      guard let number = Int(digits), number < Int.max else { return nil }
      before = host.text[..<digits.startIndex]
      after = host.text[end...]
      self.number = number
      length = digits.utf8.first == UInt8(ascii: "0") ? digits.utf8.count : 0
    }

    /// Whether the other name is the next one; `app-099` may be followed by `app-100`.
    func isFollowed(by next: Parts) -> Bool {
      guard before == next.before, after == next.after, number + 1 == next.number else {
        return false
      }
      return length == next.length || length == String(next.number).utf8.count && next.length == 0
    }
  }

  private init(_ host: HostName) {
    first = host
    lastHost = host
    last = Parts(host)
  }

  static func all(of hosts: some Collection<HostName>) -> [NumberedRange] {
    var ranges: [NumberedRange] = []
    for host in hosts {
      let parts = Parts(host)
      if let parts, let last = ranges.last?.last, last.isFollowed(by: parts) {
        ranges[ranges.count - 1].last = parts
        ranges[ranges.count - 1].lastHost = host
        ranges[ranges.count - 1].count += 1
      } else {
        ranges.append(NumberedRange(host))
      }
    }
    return ranges.flatMap { $0.count == 2 ? [Self($0.first), Self($0.lastHost)] : [$0] }
  }

  var text: String { count == 1 ? first.text : "\(first) … \(lastHost)" }
}
