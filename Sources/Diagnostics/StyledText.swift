/// Text for a terminal, with its styles stored beside it.
///
/// Views create it, and the console writes it. The escape sequences of a style are added when it is rendered;
/// all other characters that could deceive a reader are escaped then, so no text from a host, a file or a
/// program can steer the terminal.
package struct StyledText: Hashable, Sendable {
  /// The styles of the console's output.
  package enum Style: Int, Hashable, Sendable {
    case red = 31
    case green = 32
    case yellow = 33
    case dim = 2
    case bold = 1
    case boldRed = 131
    case boldYellow = 133

    /// The sequence that begins the style (ECMA-48, SGR).
    fileprivate var sequence: String {
      rawValue > 100 ? "\u{1B}[1;\(rawValue - 100)m" : "\u{1B}[\(rawValue)m"
    }
  }

  private struct Segment: Hashable, Sendable {
    var text: String
    var style: Style?
  }

  private var segments: [Segment]

  package init(_ text: String = "", _ style: Style? = nil) {
    segments = text.isEmpty ? [] : [Segment(text: text, style: style)]
  }

  package static func + (left: StyledText, right: StyledText) -> StyledText {
    var sum = left
    sum.segments += right.segments
    return sum
  }

  package static func += (left: inout StyledText, right: StyledText) {
    left.segments += right.segments
  }

  /// The text to write, with line feeds and tabs kept.
  package var rendered: String {
    segments.map { segment in
      let text = segment.text.escaped
      return segment.style.map { "\($0.sequence)\(text)\u{1B}[0m" } ?? text
    }.joined()
  }

  package var isEmpty: Bool { segments.isEmpty }
}

extension StyledText: ExpressibleByStringInterpolation {
  /// Builds a text from literals, values and other styled texts.
  package struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = StyledText()

    package init(literalCapacity: Int, interpolationCount: Int) {}

    package mutating func appendLiteral(_ literal: String) { text += StyledText(literal) }
    package mutating func appendInterpolation(_ styled: StyledText) { text += styled }
    package mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      text += StyledText(value.description)
    }
  }

  package init(stringLiteral text: String) { self.init(text) }
  package init(stringInterpolation: StringInterpolation) { self = stringInterpolation.text }
}

extension Sequence<StyledText> {
  /// The texts one after another, with a separator between two.
  package func joined(separator: String = "") -> StyledText {
    var joined = StyledText()
    for (index, text) in enumerated() {
      if index > 0 { joined += StyledText(separator) }
      joined += text
    }
    return joined
  }
}

extension String {
  /// The text in which every character that could deceive a reader is escaped, except line feeds and tabs.
  var escaped: String {
    guard unicodeScalars.contains(where: { $0.isDeceptive && $0 != "\n" && $0 != "\t" }) else {
      return self
    }
    return unicodeScalars.map { $0 == "\n" || $0 == "\t" ? String($0) : $0.visible }.joined()
  }
}
