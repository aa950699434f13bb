/// Writes directives as nginx reads them (`ngx_conf_read_token` in nginx's `ngx_conf_file.c`).
enum Writer {
  private static let indentation = 4
  private static let width = 100

  /// The text of a whole file; every line ends in a newline.
  static func text(of paragraphs: [Paragraph]) -> String {
    lines(of: paragraphs, indentedBy: 0).map { $0 + "\n" }.joined()
  }

  private static func lines(of paragraphs: [Paragraph], indentedBy indent: Int) -> [String] {
    let blocks = paragraphs.map { paragraph in
      (paragraph.comment.map { comment($0, indentedBy: indent) } ?? [])
        + lines(of: paragraph.directives, indentedBy: indent)
    }
    return Array(blocks.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  private static func lines(of directives: [Directive], indentedBy indent: Int) -> [String] {
    let margin = String(repeating: " ", count: indent)
    let column = directives.filter { $0.block == nil }.map { word($0.name).count }.max() ?? 0
    return directives.flatMap { directive -> [String] in
      let name = word(directive.name)
      let words = directive.arguments.map(word)
      guard let block = directive.block else {
        let gap = String(repeating: " ", count: column - name.count + 1)
        return wrapped(words, after: margin + name + (words.isEmpty ? "" : gap), closing: ";")
      }
      return [margin + ([name] + words + ["{"]).joined(separator: " ")]
        + lines(of: block, indentedBy: indent + indentation) + [margin + "}"]
    }
  }

  /// Words that do not fit on a line move to the next, below the first.
  private static func wrapped(
    _ words: [String], after start: String, closing end: String
  ) -> [String] {
    var lines = [start]
    for word in words {
      let last = lines[lines.count - 1]
      if last.count == start.count {
        lines[lines.count - 1] = last + word
      } else if last.count + 1 + word.count + end.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(repeating: " ", count: start.count) + word)
      }
    }
    lines[lines.count - 1] += end
    return lines
  }

  /// Wrapped at the width; control characters become spaces, so that none ends the line.
  private static func comment(_ text: String, indentedBy indent: Int) -> [String] {
    let mark = String(repeating: " ", count: indent) + "#"
    var lines: [String] = []
    for word in text.split(whereSeparator: \.isBlankOrControl) {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(mark + " " + word)
      }
    }
    return lines
  }

  private static func word(_ text: String) -> String { word([.text(text)]) }

  private static func word(_ argument: Argument) -> String { word(argument.pieces) }

  private static func word(_ pieces: [Argument.Piece]) -> String {
    let text = unquoted(pieces[...])
    let isPlain = pieces.allSatisfy {
      switch $0 {
      case .text(let text): text.unicodeScalars.allSatisfy(\.isPlain)
      case .variable, .patternEnd: true
      }
    }
    return isPlain && !text.isEmpty ? text : quoted(text)
  }

  private static func unquoted(_ pieces: ArraySlice<Argument.Piece>) -> String {
    guard let first = pieces.first else { return "" }
    let rest = unquoted(pieces.dropFirst())
    switch first {
    case .text(let text): return text + rest
    case .patternEnd: return "$" + rest
    case .variable(let variable):
      let isFollowedByName = rest.unicodeScalars.first?.isInVariableNames ?? false
      return (isFollowedByName ? "${\(variable.name)}" : "$\(variable.name)") + rest
    }
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

extension Unicode.Scalar {
  /// Whether the character has no meaning for nginx's lexer, at any place in a word.
  fileprivate var isPlain: Bool {
    switch self {
    case "a"..."z", "A"..."Z", "0"..."9": true
    case ".", "_", "-", "/", ":", "@", "+", ",", "=", "[", "]": true
    case "(", ")", "!", "~", "^", "?", "*": true
    default: false
    }
  }

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
