import Diagnostics

/// A part of an HTML page or an SVG image. The only text that becomes markup is a literal of this program: all else is
/// escaped here, and nowhere else.
indirect enum Markup: Sendable {
  /// An attribute, whose name is a literal.
  struct Attribute: Sendable {
    let name: StaticString
    let value: String
  }

  case text(String)
  case element(StaticString, [Attribute], [Markup])
  /// A style sheet, which is a literal and contains no `<`.
  case style(StaticString)

  /// - Parameter attributes: in the order written; those with a nil value are left out.
  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:],
    _ children: [Markup] = []
  ) -> Markup {
    .element(
      name,
      attributes.compactMap { name, value in value.map { Attribute(name: name, value: $0) } },
      children)
  }

  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:], _ text: String
  ) -> Markup {
    element(name, attributes, [.text(text)])
  }

  /// The text of the markup, with elements that HTML and XML read alike.
  var rendered: String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to output: inout String) {
    switch self {
    case .text(let text): output += Self.escaped(text)
    case .style(let sheet): output += "<style>\(sheet)</style>"
    case .element(let name, let attributes, let children):
      output += "<\(name)"
      for attribute in attributes {
        output += " \(attribute.name)=\"\(Self.escaped(attribute.value))\""
      }
      if children.isEmpty, Self.isVoid("\(name)") {
        output += "/>"
        return
      }
      output += ">"
      for child in children { child.write(to: &output) }
      output += "</\(name)>"
    }
  }

  /// Elements of HTML without an end, and those of SVG that have no content here.
  private static func isVoid(_ name: String) -> Bool {
    ["meta", "br", "path", "rect", "circle", "line", "use"].contains(name)
  }

  /// Text in which no character is markup, steers the reader's terminal or hides.
  private static func escaped(_ text: String) -> String {
    let visible = HostText(text, limit: 4000).text
    // U+FFFE and U+FFFF, which XML does not allow, begin with the byte EF.
    guard visible.utf8.contains(where: { "&<>\"'".utf8.contains($0) || $0 == 0xEF }) else {
      return visible
    }
    return visible.unicodeScalars.map { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      case "'": "&#39;"
      case "\u{FFFE}", "\u{FFFF}": "\u{FFFD}"
      default: String(scalar)
      }
    }.joined()
  }
}
