import Fleet

/// The parts that pages are made of.
enum PageParts {
  static func section(_ id: String, _ title: String, _ content: [Markup]) -> Markup {
    .element(
      "section", ["id": id, "aria-labelledby": "\(id)-title"],
      [.element("h2", ["id": "\(id)-title"], title)] + content)
  }

  static func paragraph(_ text: String, _ style: String? = nil) -> Markup {
    .element("p", ["class": style], words(text))
  }

  /// Text in which what is between double quotes and begins with `deploy` is a command.
  static func words(_ text: String) -> [Markup] {
    text.split(separator: "\"", omittingEmptySubsequences: false).enumerated().map { index, part in
      index % 2 == 1 && part.hasPrefix("deploy")
        ? .element("code", [:], String(part))
        : .text(index % 2 == 1 ? "\"\(part)\"" : String(part))
    }
  }

  /// A sign of its own, outside a picture. The text beside it says the same.
  static func sign(_ standing: HostStanding) -> Markup {
    .element(
      "svg",
      ["viewBox": "0 0 16 16", "width": "16", "height": "16", "aria-hidden": "true"],
      [Shapes.sign(standing, x: 0, y: 0)])
  }

  static func state(_ standing: HostStanding, _ text: String) -> Markup {
    .element("span", ["class": "state"], [sign(standing), .element("span", [:], text)])
  }

  /// A moment, such as `2026-11-30 14:02`.
  static func time(_ time: Timestamp) -> Markup {
    let text = time.description
    return .element(
      "time", ["datetime": text, "class": "date"],
      "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))")
  }

  static func date(_ time: Timestamp) -> Markup {
    .element("time", ["datetime": time.description, "class": "date"], time.date)
  }

  /// A closed part of the page, which the reader can open.
  static func details(_ summary: String, _ content: [Markup]) -> Markup {
    .element("details", [:], [.element("summary", [:], summary)] + content)
  }
}

/// A table that can be scrolled with the keyboard where it is too wide.
struct PageTable {
  /// A column, and whether it has numbers.
  struct Column {
    var title: String
    var isNumber = false

    init(_ title: String, isNumber: Bool = false) {
      self.title = title
      self.isNumber = isNumber
    }
  }

  let caption: String
  let columns: [Column]
  /// The first cell of each row is its heading.
  let rows: [[Markup]]

  var markup: Markup {
    .element(
      "div",
      ["class": "scroll", "role": "region", "tabindex": "0", "aria-label": caption],
      [
        .element(
          "table", [:],
          [
            .element("caption", [:], caption),
            .element(
              "thead", [:],
              [
                .element(
                  "tr", [:],
                  columns.map {
                    .element(
                      "th", ["scope": "col", "class": $0.isNumber ? "number" : nil], $0.title)
                  })
              ]),
            .element("tbody", [:], rows.map(row)),
          ])
      ])
  }

  private func row(_ cells: [Markup]) -> Markup {
    .element(
      "tr", [:],
      cells.enumerated().map { index, cell in
        let style = columns[index].isNumber ? "number" : nil
        return index == 0
          ? .element("th", ["scope": "row", "class": style], [cell])
          : .element("td", ["class": style], [cell])
      })
  }
}
