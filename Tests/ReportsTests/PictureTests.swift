import Fleet
import FleetLiterals
import TestSupport
import Testing

@testable import Reports

@Suite("The picture of a fleet")
struct PictureTests {
  private static func picture(_ scene: ReportScene) -> FleetPicture { scene.report.picture }

  @Test("draws sites with the same hosts together, those with trouble first")
  func lanes() {
    let lanes = Self.picture(SampleFleets.troubled).lanes
    #expect(
      lanes.map { $0.sites.map(\.text) } == [
        ["admin.shop.example"], ["blog.shop.example", "shop.example"],
      ])
    #expect(lanes[0].backEnds.named.map(\.standing) == [.unreachable])
    let broken = lanes[1].lines.filter { $0.standing == .failed }
    #expect(broken == [.init(from: "edge-2", to: "app-1", standing: .failed)])
  }

  @Test("counts a thousand hosts and every edge, and names those with trouble")
  func large() {
    let picture = Self.picture(SampleFleets.large)
    #expect(picture.lanes.count == FleetPicture.mostLanes)
    let lanes = picture.allLanes
    #expect(lanes.map(\.sites.count).reduce(0, +) == 120)
    let hosts = lanes.map(\.frontEnds.total).reduce(0, +) + lanes.map(\.backEnds.total).reduce(0, +)
    #expect(hosts == 1000)
    #expect(lanes.map(\.edges.total).reduce(0, +) == 12_000)
    let region = lanes.first { $0.sites.contains("www.r7.example") }
    #expect(region?.backEnds.named.count == FleetPicture.mostTroubled)
    #expect(region?.backEnds.counts.first?.count ?? 0 >= 16)
  }

  @Test("has the hosts that no site uses, and leaves out hosts that are not selected")
  func unused() {
    var scene = ReportScene(
      SampleFleets.smallText.replacing("[app-1, app-2]", with: "[app-1]"))
    #expect(Self.picture(scene).unused.named.map(\.host) == ["app-2"])
    scene.survey = [:]
    let picture = FleetPicture(
      of: scene.inventory,
      FleetStatus(scene.state, hosts: ["edge-1", "app-3"], now: ReportScene.now), nil)
    #expect(picture.lanes.map(\.backEnds.total).reduce(0, +) == 1)
  }

  private static let scenes = [
    SampleFleets.small, SampleFleets.troubled, SampleFleets.large, SampleFleets.hostile,
  ]

  @Test(
    "is well-formed XML as SVG, and text in it stays text",
    .requires(ProgramRun.exists("python3"), "needs python3"), arguments: scenes.indices)
  func svg(_ index: Int) throws {
    let text = PictureSVG(Self.picture(Self.scenes[index])).document
    let run = try ProgramRun(
      [
        "python3", "-c", "import sys, xml.dom.minidom as m; m.parseString(sys.stdin.buffer.read())",
      ],
      input: Array(text.utf8))
    #expect(run.hasSucceeded, "\(run.output)")
    #expect(!text.contains("<script") && !text.contains("<img"))
  }

  @Test(
    "is drawn by Graphviz", .requires(ProgramRun.exists("dot"), "needs graphviz"),
    arguments: scenes.indices)
  func dot(_ index: Int) throws {
    let text = PictureDOT(Self.picture(Self.scenes[index])).text
    let run = try ProgramRun(["dot", "-Tsvg"], input: Array(text.utf8))
    #expect(run.hasSucceeded && !run.output.contains("Warning"), "\(run.output.suffix(500))")
    #expect(run.output.contains("<svg"))
  }

  @Test("declares every node at which an edge begins or ends", arguments: scenes.indices)
  func declared(_ index: Int) {
    let picture = Self.picture(Self.scenes[index])
    let dot = PictureDOT(picture).text
    let ids = dot.matches(of: /(?m)^ +("[^"]+") \[/).map { String($0.1) }
    let ends = dot.matches(of: /("[^"]+") -> ("[^"]+") \[/).flatMap {
      [String($0.1), String($0.2)]
    }
    #expect(!ends.isEmpty && Set(ends).subtracting(ids) == [])
    let mermaid = PictureMermaid(picture).text
    let nodes = mermaid.matches(of: /(?m)^ +(l[0-9]+[vfb][0-9]*)[(\[{]/).map { String($0.1) }
    let arrows = mermaid.matches(
      of: /(?m)^ +(l[0-9a-z]+) (?:-->|--x|-\.->)(?:\|"[^"]*"\|)? (l[0-9a-z]+)$/
    ).flatMap { [String($0.1), String($0.2)] }
    #expect(!arrows.isEmpty && Set(arrows).subtracting(nodes) == [])
  }

  @Test("counts the edges of a large lane of which only a sample was tried")
  func sample() {
    var scene = SampleFleets.large
    let survey = scene.edges
    let some = (survey?.trials ?? []).filter {
      $0.site == "www.r7.example" && $0.from == "edge-7-1"
    }
    scene.edges = EdgeSurvey(trials: some, openings: [], edgeCount: survey?.edgeCount ?? 0)
    let lane = Self.picture(scene).allLanes.first { $0.sites.contains("www.r7.example") }
    #expect(lane?.edges.total == 3 * 5 * 20)
    #expect(lane?.edges.tried == 20 && (lane?.edges.failed ?? 0) >= 16)
    #expect(lane?.visits == .init(notTried: 15))
  }

  @Test("is a Mermaid flowchart in which text is quoted")
  func mermaid() {
    let lines = PictureMermaid(Self.picture(SampleFleets.troubled)).text.split(separator: "\n")
    #expect(lines.first == "flowchart LR")
    #expect(lines.contains("  subgraph l0[\"admin.shop.example\"]"))
    #expect(lines.contains("    l0b0[/\"app-3: unreachable\"\\]:::bad"))
    #expect(lines.contains("  l1f1 --x l1b0"))
    let hostile = PictureMermaid(Self.picture(SampleFleets.hostile)).text
    #expect(!hostile.contains("<") && !hostile.contains("javascript:w"))
  }

  @Test("a text is shortened to its room, and is whole if it fits")
  func widths() {
    #expect(TextWidth.shortened("app-1", to: 100, size: 14) == "app-1")
    let short = TextWidth.shortened(String(repeating: "m", count: 40), to: 100, size: 14)
    #expect(short.hasSuffix("…") && TextWidth.of(short) <= 100 * 100 / 14 + 100)
    #expect(
      [0, 999, 1000, 1_234_567, -4321].map(\.grouped) == [
        "0", "999", "1,000", "1,234,567", "-4,321",
      ])
  }
}
