/// Text from a host, safe to show: one line of bounded length, in which every character is escaped
/// that could steer a terminal, reorder the text around it or stay invisible.
///
/// Made where the text arrives, so that no later code has to escape it.
package struct HostText: Hashable, Sendable, CustomStringConvertible {
  /// Characters that are kept of a line; a message of nginx with two paths fits.
  package static let longestLine = 1000
  /// Lines that are kept of an answer.
  package static let mostLines = 20

  package let text: String

  package var description: String { text }
  package var isEmpty: Bool { text.isEmpty }

  /// - Parameter limit: how many characters are kept; more end in an ellipsis.
  package init(_ words: some StringProtocol, limit: Int = longestLine) {
    // Only what is kept is examined: a host may have sent megabytes. Most of it is plain ASCII.
    let start = words.utf8.prefix(limit + 1)
    if start.count <= limit, start.allSatisfy({ 0x20...0x7E ~= $0 }) {
      text = String(words)
      return
    }
    let scalars = words.unicodeScalars.prefix(limit + 1)
    let kept = scalars.prefix(limit).map { $0 == "\t" ? " " : $0.visible }.joined()
    text = scalars.count > limit ? kept + "…" : kept
  }

  /// Bytes that are not UTF-8 show as U+FFFD.
  package init(_ bytes: some Collection<UInt8>, limit: Int = longestLine) {
    // A character has at most four bytes.
    self.init(String(decoding: bytes.prefix(4 * (limit + 1)), as: UTF8.self), limit: limit)
  }

  /// The lines of an answer, without empty ones.
  ///
  /// - Parameter most: how many are kept; if there are more, a last line says so.
  package static func lines(
    of bytes: some Collection<UInt8>, most: Int = mostLines
  ) -> [HostText] {
    var lines: [HostText] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let line = rest.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
      rest = rest[line.endIndex...].dropFirst()
      guard !line.isEmpty else { continue }
      guard lines.count < most else { return lines + [HostText("…")] }
      lines.append(HostText(line))
    }
    return lines
  }
}

extension Unicode.Scalar {
  /// Whether the character could steer a terminal, reorder the text around it or stay invisible:
  /// C0 and C1 controls, bidirectional and other format characters, zero-width ones, line separators.
  package var isDeceptive: Bool {
    // Most texts are ASCII, which needs no look at Unicode's tables.
    isASCII
      ? value < 0x20 || value == 0x7F
      : isControlOrFormat || properties.isDefaultIgnorableCodePoint
  }

  /// The character, or its escape if it could deceive a reader: `\u{1B}`.
  var visible: String {
    switch self {
    case _ where !isDeceptive: String(self)
    case "\n": "\\n"
    case "\t": "\\t"
    case "\r": "\\r"
    default: escape
    }
  }

  var escape: String { "\\u{\(String(value, radix: 16, uppercase: true))}" }
}
