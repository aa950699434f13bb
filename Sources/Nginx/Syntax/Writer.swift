/// Writes directives as nginx reads them (`ngx_conf_read_token` in nginx's `ngx_conf_file.c`).
enum Writer {
  private static let indentation = 4
  private static let width = 100

  /// The text of a whole file; every line ends in a newline.
  static func text(of paragraphs: [Paragraph]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(4096)
    write(paragraphs, indentedBy: 0, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Paragraphs are separated by empty lines.
  private static func write(
    _ paragraphs: [Paragraph], indentedBy indent: Int, to text: inout [UInt8]
  ) {
    var isFirst = true
    for paragraph in paragraphs {
      let comment = paragraph.comment.map(Comment.init)
      guard comment?.isEmpty == false || !paragraph.directives.isEmpty else { continue }
      if !isFirst { text.append(newline) }
      isFirst = false
      comment?.write(indentedBy: indent, upTo: width, to: &text)
      write(paragraph.directives, indentedBy: indent, to: &text)
    }
  }

  /// Arguments are aligned.
  private static func write(
    _ directives: [Directive], indentedBy indent: Int, to text: inout [UInt8]
  ) {
    let names = directives.map { Word($0.name) }
    let column = zip(directives, names).reduce(0) { column, next in
      next.0.block == nil ? max(column, next.1.columns) : column
    }
    for (directive, name) in zip(directives, names) {
      text.appendSpaces(indent)
      text.append(contentsOf: name.text.utf8)
      if let block = directive.block {
        for argument in directive.arguments {
          text.append(space)
          text.append(contentsOf: Word(argument).text.utf8)
        }
        text.append(contentsOf: " {\n".utf8)
        write(block, indentedBy: indent + indentation, to: &text)
        text.appendSpaces(indent)
        text.append(contentsOf: "}\n".utf8)
      } else {
        if !directive.arguments.isEmpty { text.appendSpaces(column - name.columns + 1) }
        write(directive.arguments, startingAt: indent + column + 1, to: &text)
      }
    }
  }

  /// Words that do not fit on a line move to the next, below the first.
  private static func write(
    _ arguments: [Argument], startingAt start: Int, to text: inout [UInt8]
  ) {
    var column = start
    for argument in arguments {
      let word = Word(argument)
      if column == start {
        column += word.columns
      } else if column + 1 + word.columns + 1 <= width {
        text.append(space)
        column += 1 + word.columns
      } else {
        text.append(newline)
        text.appendSpaces(start)
        column = start + word.columns
      }
      text.append(contentsOf: word.text.utf8)
    }
    text.append(contentsOf: ";\n".utf8)
  }
}

private let space = UInt8(ascii: " ")
private let newline = UInt8(ascii: "\n")

extension [UInt8] {
  fileprivate mutating func appendSpaces(_ count: Int) {
    append(contentsOf: repeatElement(space, count: count))
  }
}

extension StringProtocol {
  /// The number of characters; that of ASCII, which nearly all words are, needs no look at Unicode's tables.
  fileprivate var columns: Int {
    let bytes = utf8
    return bytes.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: "\r") } ? bytes.count : count
  }
}

/// A comment, as the words between blanks and control characters: none of these may end a line.
private struct Comment {
  private let words: [Substring]

  init(_ text: String) {
    words =
      text.utf8.allSatisfy { $0 < 0x80 }
      ? text.utf8.split { $0 <= space || $0 == 0x7F }.map { Substring($0) }
      : text.split(whereSeparator: \.isBlankOrControl)
  }

  var isEmpty: Bool { words.isEmpty }

  /// - Parameter width: the columns of a line, the indentation included.
  func write(indentedBy indent: Int, upTo width: Int, to text: inout [UInt8]) {
    var column = 0
    for word in words {
      let columns = word.columns
      if column == 0 || column + 1 + columns > width {
        if column > 0 { text.append(newline) }
        text.appendSpaces(indent)
        text.append(UInt8(ascii: "#"))
        column = indent + 1
      }
      text.append(space)
      text.append(contentsOf: word.utf8)
      column += 1 + columns
    }
    if column > 0 { text.append(newline) }
  }
}

/// The name or an argument of a directive, in quotes if nginx needs them.
private struct Word {
  let text: String
  let columns: Int

  init(_ name: String) { self.init(name, isPlain: name.isPlain) }

  init(_ argument: Argument) {
    if argument.pieces.count == 1, case .text(let text) = argument.pieces[0] {
      self.init(text)
      return
    }
    let isPlain = argument.pieces.allSatisfy {
      switch $0 {
      case .text(let text): text.isPlain
      case .variable, .patternEnd: true
      }
    }
    self.init(Self.unquoted(argument.pieces), isPlain: isPlain)
  }

  private init(_ text: String, isPlain: Bool) {
    if isPlain, !text.isEmpty {
      // All plain characters are ASCII.
      (self.text, columns) = (text, text.utf8.count)
    } else {
      self.text = Self.quoted(text)
      columns = self.text.columns
    }
  }

  private static func unquoted(_ pieces: [Argument.Piece]) -> String {
    var text = ""
    /// A variable that its braces may still have to end.
    var variable: String?
    for piece in pieces {
      let next: String
      switch piece {
      case .text(let own): next = own
      case .patternEnd: next = "$"
      case .variable: next = ""
      }
      if let name = variable, !next.isEmpty {
        let isFollowedByName = next.unicodeScalars.first?.isInVariableNames ?? false
        text += isFollowedByName ? "${\(name)}" : "$\(name)"
        variable = nil
      }
      text += next
      guard case .variable(let own) = piece else { continue }
      if let name = variable { text += "$\(name)" }
      variable = own.name
    }
    return variable.map { text + "$\($0)" } ?? text
  }

  private static func quoted(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let quote: Unicode.Scalar = scalars.contains("\"") && !scalars.contains("'") ? "'" : "\""
    var result = String.UnicodeScalarView([quote])
    for scalar in scalars {
      switch scalar {
      case "\\", quote: result += ["\\", scalar]
      case "\n": result += ["\\", "n"]
      case "\r": result += ["\\", "r"]
      case "\t": result += ["\\", "t"]
      default: result.append(scalar)
      }
    }
    result.append(quote)
    return String(result)
  }
}

extension String {
  /// Whether no character has a meaning for nginx's lexer, at any place in a word.
  fileprivate var isPlain: Bool {
    utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        // Digits and ( ) * + , - . / :
        UInt8(ascii: "(")...UInt8(ascii: ":"):
        true
      case UInt8(ascii: "_"), UInt8(ascii: "="), UInt8(ascii: "["), UInt8(ascii: "]"),
        UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: "@"), UInt8(ascii: "^"),
        UInt8(ascii: "~"):
        true
      default: false
      }
    }
  }
}

extension Unicode.Scalar {
  /// Whether the character would be read as part of a variable's name.
  fileprivate var isInVariableNames: Bool {
    switch self {
    case "a"..."z", "A"..."Z", "0"..."9", "_": true
    default: false
    }
  }
}

extension Character {
  fileprivate var isBlankOrControl: Bool {
    if let ascii = asciiValue { return ascii <= UInt8(ascii: " ") || ascii == 0x7F }
    return isWhitespace || isNewline
      || unicodeScalars.contains { $0.properties.generalCategory == .control }
  }
}
