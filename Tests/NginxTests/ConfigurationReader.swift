/// Reads a configuration as nginx's lexer does (`ngx_conf_read_token` in `ngx_conf_file.c`), but for
/// variables, which stay text.
struct ConfigurationReader {
  struct Mistake: Error { var description: String }

  struct Parsed: Hashable {
    /// The name and the arguments.
    var words: [String]
    var block: [Parsed]?

    func map(_ change: (String) -> String) -> Parsed {
      Parsed(words: words.map(change), block: block?.map { $0.map(change) })
    }
  }

  private enum Token: Hashable {
    case word(String)
    case open, close, end
  }

  private var tokens: ArraySlice<Token>

  static func read(_ text: String) throws -> [Parsed] {
    var reader = ConfigurationReader(tokens: try lex(Array(text.utf8))[...])
    let directives = try reader.directives()
    guard reader.tokens.isEmpty else { throw Mistake(description: "a } too many") }
    return directives
  }

  private mutating func directives() throws -> [Parsed] {
    var found: [Parsed] = []
    var words: [String] = []
    while let token = tokens.popFirst() {
      switch token {
      case .word(let word): words.append(word)
      case .end:
        guard !words.isEmpty else { throw Mistake(description: "a ; alone") }
        found.append(Parsed(words: words))
        words = []
      case .open:
        guard !words.isEmpty else { throw Mistake(description: "a { alone") }
        found.append(Parsed(words: words, block: try directives()))
        guard tokens.popFirst() == .close else { throw Mistake(description: "no }") }
        words = []
      case .close:
        tokens = [token] + tokens
        guard words.isEmpty else { throw Mistake(description: "words before a }") }
        return found
      }
    }
    guard words.isEmpty else { throw Mistake(description: "words at the end") }
    return found
  }

  private static func lex(_ bytes: [UInt8]) throws -> [Token] {
    var tokens: [Token] = []
    var index = 0
    func isSpace(_ byte: UInt8) -> Bool { " \t\r\n".utf8.contains(byte) }
    while index < bytes.count {
      switch bytes[index] {
      case let byte where isSpace(byte): index += 1
      case UInt8(ascii: "#"):
        while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
      case UInt8(ascii: ";"):
        tokens.append(.end)
        index += 1
      case UInt8(ascii: "{"):
        tokens.append(.open)
        index += 1
      case UInt8(ascii: "}"):
        tokens.append(.close)
        index += 1
      case let byte where byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'"):
        index += 1
        tokens.append(.word(try quoted(bytes, &index, until: byte)))
        guard index < bytes.count, isSpace(bytes[index]) || ";{)".utf8.contains(bytes[index])
        else { throw Mistake(description: "something right behind a quote") }
      default: tokens.append(.word(plain(bytes, &index)))
      }
    }
    return tokens
  }

  private static func quoted(
    _ bytes: [UInt8], _ index: inout Int, until quote: UInt8
  ) throws -> String {
    var word: [UInt8] = []
    while index < bytes.count, bytes[index] != quote { word += escaped(bytes, &index) }
    guard index < bytes.count else { throw Mistake(description: "a quote without an end") }
    index += 1
    return String(decoding: word, as: UTF8.self)
  }

  private static func plain(_ bytes: [UInt8], _ index: inout Int) -> String {
    var word: [UInt8] = []
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "{"), word.last == UInt8(ascii: "$") {
        word.append(bytes[index])
        index += 1
        continue
      }
      if " \t\r\n;{".utf8.contains(bytes[index]) { break }
      word += escaped(bytes, &index)
    }
    return String(decoding: word, as: UTF8.self)
  }

  private static func escaped(_ bytes: [UInt8], _ index: inout Int) -> [UInt8] {
    let byte = bytes[index]
    index += 1
    guard byte == UInt8(ascii: "\\"), index < bytes.count else { return [byte] }
    let next = bytes[index]
    index += 1
    switch next {
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): return [next]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "n"): return [0x0A]
    default: return [byte, next]
    }
  }
}
