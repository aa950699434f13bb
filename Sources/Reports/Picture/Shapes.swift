/// The shapes of pictures, in the coordinates of SVG.
enum Shapes {
  static func text(
    _ text: String, x: Int, y: Int, _ style: String, anchor: String? = nil
  ) -> Markup {
    .element("text", ["x": "\(x)", "y": "\(y)", "class": style, "text-anchor": anchor], text)
  }

  static func box(
    x: Int, y: Int, width: Int, height: Int, radius: Int = 8, _ style: String
  ) -> Markup {
    .element(
      "rect",
      [
        "x": "\(x)", "y": "\(y)", "width": "\(width)", "height": "\(height)", "rx": "\(radius)",
        "class": style,
      ])
  }

  /// A curve from left to right.
  static func curve(
    from start: (x: Int, y: Int), to end: (x: Int, y: Int), _ style: String
  ) -> Markup {
    let middle = (start.x + end.x) / 2
    return .element(
      "path",
      [
        "d":
          "M\(start.x) \(start.y)C\(middle) \(start.y) \(middle) \(end.y) \(end.x) \(end.y)",
        "class": style,
      ])
  }

  /// The sign of a standing, 16 pixels wide and high: each has a shape of its own.
  static func sign(_ standing: HostStanding, x: Int, y: Int) -> Markup {
    let (outline, inner) =
      switch standing {
      case .asInstalled: ("M8 1a7 7 0 1 0 0 14a7 7 0 1 0 0-14Z", "M4.7 8.3l2.3 2.3l4.3-4.8")
      case .recorded: ("M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13Z", "M5 8h6")
      case .unknown:
        (
          "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13Z",
          "M6 6.2a2 2 0 1 1 2.6 2q-.6.2-.6 1M8 11.6v.2"
        )
      case .empty: ("M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13Z", "")
      case .drifted: ("M8 .8L15.2 8L8 15.2L.8 8Z", "M5 9q1.5-2.6 3-1t3-1")
      case .faulty: ("M8 1.2L15.4 14.6H.6Z", "M8 6v4.2M8 12.3v.2")
      case .unreachable:
        (
          "M2.5 1.2H13.5Q14.8 1.2 14.8 2.5V13.5Q14.8 14.8 13.5 14.8H2.5Q1.2 14.8 1.2 13.5V2.5Q1.2 1.2 2.5 1.2Z",
          "M5 5l6 6M11 5l-6 6"
        )
      }
    return .element(
      "g",
      ["transform": "translate(\(x) \(y))", "class": "sign \(standing.styleName)"],
      [
        .element("path", ["d": outline, "class": "o"]),
        .element("path", ["d": inner.isEmpty ? "M8 8" : inner, "class": "i"]),
      ])
  }

  /// A cross on an edge that failed.
  static func cross(x: Int, y: Int) -> Markup {
    .element(
      "g", ["transform": "translate(\(x - 8) \(y - 8))", "class": "sign bad"],
      [
        .element("circle", ["cx": "8", "cy": "8", "r": "7.5", "class": "o"]),
        .element("path", ["d": "M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6", "class": "i"]),
      ])
  }
}

extension HostStanding {
  /// The class of its colour.
  var styleName: String {
    switch self {
    case .unreachable, .faulty: "bad"
    case .drifted: "warn"
    case .empty: "none"
    case .unknown, .recorded: "calm"
    case .asInstalled: "ok"
    }
  }
}

extension EdgeSurvey.Standing {
  var styleName: String {
    switch self {
    case .failed: "bad"
    case .notTried: "calm"
    case .works: "ok"
    }
  }
}
