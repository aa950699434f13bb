import Diagnostics
import Fleet

/// A picture of a fleet in the language of Graphviz: `dot -Tsvg`.
package struct PictureDOT: Sendable {
  private let picture: FleetPicture

  package init(_ picture: FleetPicture) { self.picture = picture }

  package var text: String {
    var lines = [
      "digraph fleet {",
      "  graph [rankdir=LR, fontname=\"sans-serif\", label=\(quoted("fleet \(picture.fleet)")), labelloc=t];",
      "  node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11];",
      "  edge [fontname=\"sans-serif\", fontsize=10];",
    ]
    for (index, lane) in picture.allLanes.enumerated() { lines += text(of: lane, index) }
    if picture.unused.total > 0 {
      lines += group(picture.unused, "host", "unused").nodes
    }
    return (lines + ["}"]).map { $0 + "\n" }.joined()
  }

  private func text(of lane: FleetPicture.Lane, _ index: Int) -> [String] {
    let name = "lane\(index)"
    let sites = lane.sites.text(atMost: 3)
    let frontEnds = group(lane.frontEnds, "front-end", name + "-f")
    let backEnds = group(lane.backEnds, "back-end", name + "-b")
    let visitors = quoted(name + "-v")
    let head =
      ["  subgraph \(quoted("cluster-" + name)) {", "    label=\(quoted(sites));"]
      + ["    \(visitors) [label=\"visitors\", shape=plaintext];"]
      + (frontEnds.nodes + backEnds.nodes).map { "  " + $0 } + ["  }"]
    guard frontEnds.isWhole, backEnds.isWhole else {
      let (starts, ends) = (
        ends(lane.frontEnds, name + "-f"), ends(lane.backEnds, name + "-b")
      )
      return head
        + edges([visitors], starts, lane.visits) + edges(starts, ends, lane.edges)
    }
    return head
      + lane.lines.map { line in
        edge(
          line.from.map { quoted("\(name)-f-\($0)") } ?? visitors,
          quoted("\(name)-\(line.from == nil ? "f" : "b")-\(line.to)"), line.standing, nil)
      }
  }

  /// The nodes where edges of a group begin or end: its hosts if all are named, or else the node that counts them.
  private func ends(_ group: FleetPicture.Group, _ name: String) -> [String] {
    group.isWhole ? group.named.map { quoted("\(name)-\($0.host)") } : [quoted(name)]
  }

  /// Edges that are counted together: the first has their numbers.
  private func edges(
    _ from: [String], _ to: [String], _ counts: FleetPicture.EdgeCounts
  ) -> [String] {
    from.flatMap { from in to.map { (from, $0) } }.enumerated().map { index, pair in
      edge(pair.0, pair.1, counts.standing, index == 0 ? counts : nil)
    }
  }

  private func edge(
    _ from: String, _ to: String, _ standing: EdgeSurvey.Standing,
    _ counts: FleetPicture.EdgeCounts?
  ) -> String {
    let look =
      switch standing {
      case .works: "color=\"#14713a\""
      case .failed: "color=\"#c01f2e\", style=dashed, label=\"failed\""
      case .notTried: "color=\"#5b6675\", style=dotted"
      }
    let label = counts.map {
      ", xlabel=\(quoted("\($0.total.grouped)\($0.remarks.map { ", " + $0 }.joined())"))"
    }
    return "  \(from) -> \(to) [\(look)\(label ?? "")];"
  }

  private func group(
    _ group: FleetPicture.Group, _ noun: String, _ name: String
  ) -> (nodes: [String], isWhole: Bool) {
    let nodes = group.named.map { host in
      node("\(name)-\(host.host)", "\(host.host)\n\(host.summary)", host.standing)
    }
    return (
      group.isWhole ? nodes : [node(name, group.text(noun), group.worst)] + nodes, group.isWhole
    )
  }

  private func node(_ name: String, _ label: String, _ standing: HostStanding) -> String {
    let look =
      switch standing.styleName {
      case "ok": "color=\"#14713a\""
      case "warn": "color=\"#8a5a00\", shape=diamond"
      case "bad": "color=\"#c01f2e\", shape=octagon"
      default: "color=\"#5b6675\", style=\"rounded,dashed\""
      }
    return "  \(quoted(name)) [label=\(quoted(label)), \(look)];"
  }

  /// A string of DOT. Graphviz knows `\n` and other escapes in labels, so a backslash is doubled.
  private func quoted(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      HostText(line).text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }
    return "\"\(lines.joined(separator: "\\n"))\""
  }
}
