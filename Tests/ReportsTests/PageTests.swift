import Fleet
import FleetLiterals
import Foundation
import Inventories
import Planning
import State
import TestSupport
import Testing

@testable import Reports

/// A headless browser, steered by a program that needs a package of `scripts/make-python-tools`.
private enum Chromium {
  static let python = PythonTools.python
  static let isThere =
    ProgramRun.exists("chromium")
    && PythonTools.have("websocket")
  static let missing: Comment =
    "needs chromium (scripts/install-packages test) and scripts/make-python-tools"

  static func check(_ pages: [String], shots: String? = nil) throws -> ProgramRun {
    let program = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Programs/check_page.py").path
    return try ProgramRun(
      [python, program] + (shots.map { ["--shots", $0] } ?? []) + pages)
  }
}

@Suite("The report of a fleet as a page")
struct PageTests {
  /// SHA-256 of openssl, in base64.
  private static func digest(_ text: String) -> String {
    do {
      return try ProgramRun.output(
        of: ["sh", "-c", "openssl dgst -sha256 -binary | base64"], input: text
      ).trimmingCharacters(in: .whitespacesAndNewlines)
    } catch {
      return "\(error)"
    }
  }

  static func html(_ scene: ReportScene) -> String {
    FleetPage(scene.report).html(digest: digest)
  }

  private static let scenes: [(name: String, scene: ReportScene)] = {
    var offline = SampleFleets.small
    (offline.isOffline, offline.edges) = (true, nil)
    return [
      ("small", SampleFleets.small), ("troubled", SampleFleets.troubled),
      ("offline", offline), ("large", SampleFleets.large), ("hostile", SampleFleets.hostile),
    ]
  }()

  @Test(
    "a browser finds no error, request, script, low contrast or missing name, light and dark, at three widths",
    .requires(Chromium.isThere, Chromium.missing))
  func browser() throws {
    let folder = try TemporaryFolder()
    let pages = try Self.scenes.map { name, scene in
      try folder.write(Self.html(scene), to: name + ".html")
    }
    let shots = ProcessInfo.processInfo.environment["DEPLOY_SHOTS"]
    let run = try Chromium.check(pages, shots: shots)
    #expect(run.hasSucceeded, "\(run.output)")
  }

  @Test(
    "the browser's examination finds what is planted",
    .requires(Chromium.isThere, Chromium.missing),
    arguments: [
      ("<h1>", "<h4>x</h4><h1>", "comes h4"),
      ("<main", "<p style=\"x\">x</p><main", "an attribute style"),
      ("class=\"quiet\"", "class=\"lane\"", "has a contrast of 1.0"),
      ("*{box-sizing", "*{color:red;box-sizing", "style sheet does not apply"),
      ("</main>", "<img src=\"http://127.0.0.1:9/x\"></main>", "an element IMG"),
      ("role=\"img\"", "", "an image has no role"),
    ])
  func planted(place: String, replacement: String, problem: String) throws {
    let folder = try TemporaryFolder()
    let html = Self.html(SampleFleets.troubled)
    #expect(html.contains(place))
    let page = try folder.write(html.replacing(place, with: replacement), to: "page.html")
    let run = try Chromium.check([page])
    #expect(run.status == 1)
    #expect(run.output.contains(problem), "\(run.output)")
  }

  @Test("text that looks like markup is shown as text")
  func inert() {
    var scene = SampleFleets.hostile
    scene.survey["app-1"] = .unreachable("a\u{FFFE}b\u{FFFF}c")
    let html = Self.html(scene)
    #expect(html.contains("a\u{FFFD}b\u{FFFD}c"))
    #expect(html.contains("&lt;/style&gt;&lt;script&gt;window.injected=1&lt;/script&gt;"))
    #expect(!html.contains("<script"))
    #expect(!html.contains("onerror=window.injected=2>"))
    #expect(!html.unicodeScalars.contains { $0 == "\u{202E}" || $0 == "\u{1B}" || $0 == "\0" })
  }

  @Test("a thousand hosts fit in a page of two megabytes, and those with trouble are named")
  func large() {
    let html = Self.html(SampleFleets.large)
    #expect(html.utf8.count < 2_000_000)
    #expect(html.contains("<summary>All 1,000 hosts</summary>"))
    #expect(html.contains("app-7-16"))
  }

  @Test("what is due comes in the order of its urgency")
  func due() {
    let items = DueWork(SampleFleets.troubled.report).items
    #expect(
      items.map { "\($0.isUrgent ? "! " : "")\($0.text)" } == [
        "! app-3 is unreachable: could not connect to 198.18.0.23 port 22: Connection refused",
        "! 2 connections of admin.shop.example, shop.example failed.",
        "app-2: 2 files changed",
        "1 host certificate is due for renewal; the first expires on 2026-12-13: tls/back-end.crt on app-2.",
        "The last run failed.",
      ])
    #expect(DueWork(SampleFleets.small.report).items.isEmpty)
  }

  @Test("a host without a release is due, and the page does not say that all are as installed")
  func empty() {
    let scene = SampleFleets.withoutOneRelease
    #expect(DueWork(scene.report).items.map(\.text) == ["1 host has no release."])
    #expect(!Self.html(scene).contains("ll as installed"))
    #expect(Self.html(SampleFleets.small).contains("All as installed"))
  }

  @Test("edges that could not be tried are said, and do not count as tried")
  func untried() {
    var scene = SampleFleets.small
    scene.survey["edge-2"] = .unreachable("no answer")
    scene.verify { site, _, to in site == "admin.shop.example" && to == "app-3" ? ["refused"] : [] }
    let html = Self.html(scene)
    #expect(html.contains("<dd class=\"value\">4 of 5</dd>"))
    #expect(html.contains("<dd class=\"note\">4 not tried</dd>"))
    #expect(html.contains("6 connections could not be tried, because"))
    #expect(
      DueWork(scene.report).items.last
        == .init(
          isUrgent: false, text: "6 connections could not be tried.",
          advice: "The table of edges has the sites."))
  }

  @Test("more hosts with trouble than are named are urgent only if one of them is")
  func more() {
    var scene = SampleFleets.large
    for host in scene.inventory.hosts.map(\.name) {
      guard case .observed = scene.survey[host] else {
        scene.survey[host] = nil
        continue
      }
      scene.damage(host) {
        $0.driftedFiles = ["nginx/deploy.conf"]
        ($0.nginxIsRunning, $0.servedReleases) = (true, [12])
      }
    }
    func rest() -> DueWork.Item? {
      DueWork(scene.report).items.first { $0.text.contains("more hosts need attention") }
    }
    #expect(rest()?.isUrgent == false)
    for host in scene.inventory.hosts.map(\.name).prefix(20) where scene.survey[host] != nil {
      scene.damage(host) { $0.firewall = .absent }
    }
    #expect(rest()?.isUrgent == true)
  }

  @Test("dates are one mark for each slot of the axis, with the worst urgency")
  func marks() {
    var scene = SampleFleets.large
    for (index, host) in scene.inventory.hosts.map(\.name).enumerated() {
      let end = ReportScene.later(Int64(index * 7) - 20)
      for path in (scene.state.hosts[host]?.release.certificates ?? [:]).keys {
        scene.state.hosts[host]?.release.certificates[path]?.notAfter = end
      }
    }
    let expiries = scene.expiries.filter { $0.kind == .certificate }
    for size in ExpiryTimeline.Size.allCases {
      let marks = ExpiryTimeline(scene.expiries, size).marks(of: expiries)
      #expect(marks.map(\.count).reduce(0, +) == expiries.count)
      #expect(marks.map(\.x).min() == size.axis.start - 20 && marks[0].urgency == .ended)
      #expect(marks.allSatisfy { $0.x <= size.axis.end })
      #expect(zip(marks, marks.dropFirst()).allSatisfy { $1.x - $0.x >= 30 })
    }
  }
}
