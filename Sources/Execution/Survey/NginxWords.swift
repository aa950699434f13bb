/// Splits the lines of an nginx configuration into tokens as nginx does (`ngx_conf_read_token` in
/// `ngx_conf_file.c`).
struct NginxWords {
  enum Token: Hashable {
    case word(String)
    /// The semicolon of a directive.
    case end
    /// The braces of a block.
    case open, close
  }

  /// The quote character of a text that continues in the next line.
  private var quote: UInt8?
  private var word: [UInt8]?

  /// Whether the next line continues a quoted text.
  var isInQuotes: Bool { quote != nil }

  mutating func tokens(of line: some StringProtocol) -> [Token] {
    var tokens: [Token] = []
    var isEscaped = false
    var last: UInt8 = 0
    line: for byte in line.utf8 {
      defer { last = byte }
      if isEscaped {
        word = (word ?? []) + [byte]
        isEscaped = false
        continue
      }
      switch byte {
      case UInt8(ascii: "\\"): isEscaped = true
      case quote:
        quote = nil
        endWord(&tokens)
      case _ where quote != nil: word = (word ?? []) + [byte]
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        if word == nil { (quote, word) = (byte, []) } else { word?.append(byte) }
      case UInt8(ascii: "#") where word == nil: break line
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): endWord(&tokens)
      case UInt8(ascii: ";"):
        endWord(&tokens)
        tokens.append(.end)
      // A variable may be written with braces.
      case UInt8(ascii: "{") where last != UInt8(ascii: "$"):
        endWord(&tokens)
        tokens.append(.open)
      case UInt8(ascii: "}") where word == nil: tokens.append(.close)
      default: word = (word ?? []) + [byte]
      }
    }
    if quote == nil { endWord(&tokens) }
    return tokens
  }

  private mutating func endWord(_ tokens: inout [Token]) {
    if let word { tokens.append(.word(String(decoding: word, as: UTF8.self))) }
    word = nil
  }
}
