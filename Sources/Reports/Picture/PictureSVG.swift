import Fleet

/// A picture of a fleet as an SVG image. Colours come from the style sheet of the page, or from one of its own.
package struct PictureSVG: Sendable {
  private let picture: FleetPicture
  private let layout: PictureLayout
  /// Distinguishes the images of a page.
  private let name: String

  package init(_ picture: FleetPicture) { self.init(picture, .wide, name: "picture") }

  init(_ picture: FleetPicture, _ layout: PictureLayout, name: String) {
    self.picture = picture
    self.layout = layout
    self.name = name
  }

  /// The image as a file.
  package var document: String {
    let (content, height) = drawing
    return Markup.element(
      "svg",
      attributes(height, isFile: true),
      head + [.style(PageStyle.colors), .style(PageStyle.picture), background(height)] + content
    ).rendered + "\n"
  }

  /// The image inside a page.
  var markup: Markup {
    let (content, height) = drawing
    return .element("svg", attributes(height, isFile: false), head + content)
  }

  private func attributes(
    _ height: Int, isFile: Bool
  ) -> KeyValuePairs<StaticString, String?> {
    [
      "xmlns": isFile ? "http://www.w3.org/2000/svg" : nil,
      "viewBox": "0 0 \(layout.width) \(height)", "width": "\(layout.width)",
      "height": "\(height)", "role": "img", "class": "picture \(name)",
      "aria-labelledby": "\(name)-title", "aria-describedby": "\(name)-desc",
    ]
  }

  private var head: [Markup] {
    [
      .element("title", ["id": "\(name)-title"], "The fleet \(picture.fleet)"),
      .element(
        "desc", ["id": "\(name)-desc"],
        "From visitors through front-ends to back-ends. "
          + picture.sentences.joined(separator: " ")),
    ]
  }

  private func background(_ height: Int) -> Markup {
    Shapes.box(x: 0, y: 0, width: layout.width, height: height, radius: 0, "ground")
  }

  private var drawing: (content: [Markup], height: Int) {
    var content: [Markup] = []
    var y = 0
    if let sites = layout.sites {
      for (text, x) in [
        ("Visitors", sites.x), ("Front-ends", layout.frontEnds.x), ("Back-ends", layout.backEnds.x),
      ] {
        content.append(Shapes.text(text, x: x, y: 18, "head"))
      }
      y = 30
    }
    for lane in picture.lanes {
      content.append(LaneDrawing(lane, layout, top: y, isRest: false).markup)
      y += layout.height(of: lane) + PictureLayout.laneGap
    }
    if let rest = picture.rest {
      content.append(LaneDrawing(rest, layout, top: y, isRest: true).markup)
      y += layout.height(of: rest) + PictureLayout.laneGap
    }
    if picture.unused.total > 0 {
      let unused = UnusedDrawing(picture.unused, layout, top: y)
      content.append(unused.markup)
      y += unused.height + PictureLayout.laneGap
    }
    let legend = LegendDrawing(picture, layout, top: y)
    return (content + legend.markup, y + legend.height)
  }
}
