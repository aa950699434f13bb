import Diagnostics
import Fleet

/// A picture of a fleet as a Mermaid flowchart, which GitHub and GitLab draw in Markdown.
package struct PictureMermaid: Sendable {
  private let picture: FleetPicture

  package init(_ picture: FleetPicture) { self.picture = picture }

  package var text: String {
    var lines = ["flowchart LR"]
    for (index, lane) in picture.allLanes.enumerated() { lines += text(of: lane, "l\(index)") }
    if picture.unused.total > 0 { lines += nodes(of: picture.unused, "host", "u") }
    return (lines + Self.classes).map { $0 + "\n" }.joined()
  }

  private static let classes = [
    "  classDef ok stroke:#14713a", "  classDef warn stroke:#8a5a00,stroke-width:2px",
    "  classDef bad stroke:#c01f2e,stroke-width:3px",
    "  classDef calm stroke:#5b6675,stroke-dasharray:4 3",
    "  classDef none stroke:#5b6675,stroke-dasharray:4 3",
  ]

  private func text(of lane: FleetPicture.Lane, _ name: String) -> [String] {
    let sites = lane.sites.text(atMost: 3)
    let isWhole = lane.frontEnds.isWhole && lane.backEnds.isWhole
    let head =
      ["  subgraph \(name)[\(quoted(sites))]", "    \(name)v([\"visitors\"])"]
      + (nodes(of: lane.frontEnds, "front-end", name + "f")
      + nodes(of: lane.backEnds, "back-end", name + "b")).map { "  " + $0 } + ["  end"]
    guard isWhole else {
      let (starts, ends) = (ends(lane.frontEnds, name + "f"), ends(lane.backEnds, name + "b"))
      let label = "|\(quoted(label(of: lane.edges)))|"
      return head
        + starts.enumerated().map { index, start in
          let isLabelled = index == 0 && !lane.visits.remarks.isEmpty
          let label = isLabelled ? "|\(quoted(lane.visits.remarks.joined(separator: ", ")))|" : ""
          return "  \(name)v \(arrow(lane.visits.standing))\(label) \(start)"
        }
        + starts.flatMap { start in ends.map { (start, $0) } }.enumerated().map { index, pair in
          "  \(pair.0) \(arrow(lane.edges.standing))\(index == 0 ? label : "") \(pair.1)"
        }
    }
    let frontEnds = places(of: lane.frontEnds)
    let backEnds = places(of: lane.backEnds)
    return head
      + lane.lines.compactMap { line in
        guard let to = (line.from == nil ? frontEnds : backEnds)[line.to] else { return nil }
        let from = line.from.flatMap { frontEnds[$0] }.map { "\(name)f\($0)" } ?? name + "v"
        return "  \(from) \(arrow(line.standing)) \(name)\(line.from == nil ? "f" : "b")\(to)"
      }
  }

  /// The nodes where edges of a group begin or end: its hosts if all are named, or else the node that counts them.
  private func ends(_ group: FleetPicture.Group, _ name: String) -> [String] {
    group.isWhole ? group.named.indices.map { "\(name)\($0)" } : [name]
  }

  private func places(of group: FleetPicture.Group) -> [HostName: Int] {
    Dictionary(
      group.named.enumerated().map { ($1.host, $0) }, uniquingKeysWith: { first, _ in first })
  }

  private func label(of counts: FleetPicture.EdgeCounts) -> String {
    counts.total.of("edge") + counts.remarks.map { ", " + $0 }.joined()
  }

  private func arrow(_ standing: EdgeSurvey.Standing) -> String {
    switch standing {
    case .works: "-->"
    case .failed: "--x"
    case .notTried: "-.->"
    }
  }

  private func nodes(
    of group: FleetPicture.Group, _ noun: String, _ name: String
  ) -> [String] {
    let named = group.named.enumerated().map { index, host in
      node("\(name)\(index)", "\(host.host): \(host.summary)", host.standing)
    }
    return group.isWhole ? named : [node(name, group.text(noun), group.worst)] + named
  }

  /// The shape shows trouble too, for those who do not see colours.
  private func node(_ name: String, _ label: String, _ standing: HostStanding) -> String {
    let text = quoted(label)
    let shape =
      switch standing.styleName {
      case "warn": "{{\(text)}}"
      case "bad": "[/\(text)\\]"
      default: "[\(text)]"
      }
    return "  \(name)\(shape):::\(standing.styleName)"
  }

  /// A string of Mermaid, in which all but letters, digits and plain marks are numbered entities: it may become HTML.
  private func quoted(_ text: String) -> String {
    let plain = " .,:()_-"
    let escaped = HostText(text).text.unicodeScalars.map { scalar in
      scalar.properties.isAlphabetic || "0"..."9" ~= scalar || plain.unicodeScalars.contains(scalar)
        ? String(scalar) : "#\(scalar.value);"
    }
    return "\"\(escaped.joined())\""
  }
}
