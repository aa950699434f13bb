import Foundation
import TestSupport
import Testing

@testable import Reports

@Suite("What the documentation has for monitoring")
struct MonitoringDocumentTests {
  private static let docs = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs")

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: docs.appending(path: path), encoding: .utf8)
  }

  /// The names of samples that a fleet with everything has.
  private static let emitted = Set(
    SampleFleets.troubled.metrics.filter { !$0.samples.isEmpty }.map { family in
      family.metric.rawValue + (family.metric.kind == .info ? "_info" : "")
    })

  private static func names(in text: String) -> Set<String> {
    Set(text.matches(of: /deploy_[a-z_]+/).map { String($0.0) })
  }

  @Test("the sample has every metric")
  func complete() { #expect(Self.emitted.count == FleetMetric.allCases.count) }

  @Test(
    "names only metrics that there are",
    arguments: [
      "monitoring.md", "monitoring/alerts.yml", "monitoring/alerts-test.yml",
      "monitoring/grafana.json",
    ])
  func named(path: String) throws {
    let names = Self.names(in: try Self.text(path))
    #expect(names.count > 2)
    #expect(names.subtracting(Self.emitted) == [])
  }

  @Test("describes every metric")
  func described() throws {
    #expect(Self.emitted.subtracting(Self.names(in: try Self.text("monitoring.md"))) == [])
  }

  @Test("has a dashboard with panels that do not overlap, each with a query of its own")
  func dashboard() throws {
    struct Dashboard: Decodable {
      struct Panel: Decodable {
        struct Position: Decodable { var x: Int, y: Int, w: Int, h: Int }
        struct Target: Decodable { var expr: String }
        var id: Int
        var title: String
        var gridPos: Position
        var targets: [Target]
      }
      var panels: [Panel]
    }
    let panels = try JSONDecoder().decode(
      Dashboard.self, from: Data(Self.text("monitoring/grafana.json").utf8)
    ).panels
    #expect(Set(panels.map(\.id)).count == panels.count && panels.count > 8)
    var taken: Set<[Int]> = []
    for panel in panels {
      #expect(!panel.targets.isEmpty && panel.gridPos.x + panel.gridPos.w <= 24, "\(panel.title)")
      for x in panel.gridPos.x..<panel.gridPos.x + panel.gridPos.w {
        for y in panel.gridPos.y..<panel.gridPos.y + panel.gridPos.h {
          #expect(taken.insert([x, y]).inserted, "\(panel.title)")
        }
      }
    }
  }

  @Test(
    "has alerts that promtool accepts, and that fire as their tests say",
    .requires(ProgramRun.exists("promtool"), "needs prometheus: scripts/install-packages test"))
  func alerts() throws {
    let folder = Self.docs.appending(path: "monitoring").path
    for words in [["check", "rules", "alerts.yml"], ["test", "rules", "alerts-test.yml"]] {
      let run = try ProgramRun(["promtool"] + words, in: folder)
      #expect(run.hasSucceeded, "\(run.output)")
    }
  }
}
