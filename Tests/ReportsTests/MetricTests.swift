import Fleet
import FleetLiterals
import Foundation
import Planning
import State
import TestSupport
import Testing

@testable import Reports

@Suite("The metrics of a fleet")
struct MetricTests {
  private static let python = PythonTools.python
  private static let toolsAreThere = PythonTools.have("prometheus_client")
  private static let missing: Comment = "scripts/make-python-tools makes the tools that this needs"

  private static let scenes: [(String, ReportScene)] = {
    var offline = SampleFleets.troubled
    offline.isOffline = true
    return [
      ("small", SampleFleets.small), ("troubled", SampleFleets.troubled), ("offline", offline),
      ("hostile", SampleFleets.hostile), ("large", SampleFleets.large),
    ]
  }()

  private static func family(_ metric: FleetMetric, _ scene: ReportScene) -> [String] {
    let family = scene.metrics.first { $0.metric == metric }
    return (family?.samples ?? []).map { sample in
      (sample.labels.dropFirst().map(\.value) + ["\(sample.value)"]).joined(separator: " ")
    }
  }

  @Test("say how each host is, and leave out what is not known")
  func hosts() {
    let scene = SampleFleets.troubled
    #expect(
      Self.family(.hostReachable, scene)
        == ["app-1 1", "app-2 1", "app-3 0", "edge-1 1", "edge-2 1"])
    #expect(
      Self.family(.hostHealthy, scene) == ["app-1 1", "app-2 0", "app-3 0", "edge-1 1", "edge-2 1"])
    #expect(
      Self.family(.hostDriftedFiles, scene) == ["app-1 0", "app-2 2", "edge-1 0", "edge-2 0"])
    #expect(Self.family(.hostRelease, scene).contains("app-3 12") == false)
    #expect(Self.family(.hostRecordedRelease, scene).contains("app-3 12"))
    #expect(Self.family(.host, scene).contains("app-1 198.18.0.21 back-end 1"))
  }

  @Test("say nothing about hosts that were not asked, but what the state has")
  func offline() {
    var scene = SampleFleets.troubled
    scene.isOffline = true
    for metric in [
      FleetMetric.hostReachable, .hostHealthy, .hostDriftedFiles, .hostFirewall, .hostServes,
      .hostRelease,
    ] {
      #expect(Self.family(metric, scene).isEmpty, "\(metric)")
    }
    #expect(Self.family(.hostRecordedRelease, scene).count == 5)
    #expect(Self.family(.expiry, scene).count == 5 + 3 + 2)
  }

  @Test("a fleet is healthy if every host is as installed and nothing has expired")
  func health() {
    #expect(SampleFleets.small.status.isHealthy)
    #expect(!SampleFleets.troubled.status.isHealthy)
    var scene = SampleFleets.small
    scene.state.caGenerations[0].notAfter = ReportScene.now
    #expect(!scene.status.isHealthy)
  }

  @Test("show a firewall that is not loaded, and an nginx that serves something else")
  func faults() {
    var scene = SampleFleets.small
    scene.damage("app-1") { $0.firewall = .absent }
    scene.damage("app-2") { $0.servedReleases = [11, 12] }
    #expect(Self.family(.hostFirewall, scene).prefix(2) == ["app-1 0", "app-2 1"])
    #expect(Self.family(.hostServes, scene).prefix(2) == ["app-1 1", "app-2 0"])
  }

  @Test("have the last run that ended, and say whether the newest one has an end")
  func runs() {
    var scene = SampleFleets.troubled
    #expect(Self.family(.lastRunSuccess, scene) == ["0"])
    #expect(Self.family(.lastRunExit, scene) == ["1"])
    #expect(Self.family(.lastRunUnfinished, scene) == ["0"])
    #expect(Self.family(.lastRunHosts, scene) == ["confirmed 1", "unreachable 1"])
    #expect(
      Self.family(.lastSuccess, scene)
        == ["\(ReportScene.later(-3).adding(seconds: 95).secondsSince1970)"])
    scene.runs.removeFirst(2)
    #expect(Self.family(.lastRunUnfinished, scene) == ["1"])
    #expect(Self.family(.lastRunSuccess, scene).isEmpty)
  }

  @Test("keep the earliest of two dates with the same labels")
  func duplicates() {
    var scene = SampleFleets.small
    var old = scene.state.caGenerations[0]
    (old.generation, old.notAfter, old.status) = (0, ReportScene.later(-1), .retiring)
    scene.state.caGenerations.insert(old, at: 0)
    let expiry = Self.family(.expiry, scene).filter { $0.hasPrefix("ca ") }
    #expect(expiry == ["ca  Shop CA \(ReportScene.later(-1).secondsSince1970)"])
    #expect(Self.family(.renewalDue, scene).filter { $0.hasPrefix("ca ") } == ["ca  Shop CA 1"])
  }

  @Test("are text that escapes labels, and OpenMetrics ends with EOF")
  func text() {
    let family = MetricFamily(
      .expiry, [.init(labels: [.init("name", "a\\b\"c\nd")], value: 7)])
    let steering = MetricFamily(.expiry, [.init(labels: [.init("name", "\u{1B}[2J\r")], value: 7)])
    #expect(
      MetricText.prometheus.text(of: [steering]).contains("{name=\"\\\\u{1B}[2J\\\\r\"} 7\n"))
    #expect(
      MetricText.openMetrics.text(of: [family]) == """
        # HELP deploy_expiry_timestamp_seconds When a CA, a certificate or a revocation list expires.
        # TYPE deploy_expiry_timestamp_seconds gauge
        # UNIT deploy_expiry_timestamp_seconds seconds
        deploy_expiry_timestamp_seconds{name="a\\\\b\\"c\\nd"} 7
        # EOF

        """)
    let build = MetricFamily(.build, [.init(labels: [.init("version", "1")], value: 1)])
    #expect(
      MetricText.openMetrics.text(of: [build]).contains(
        "# TYPE deploy_build info\ndeploy_build_info{"))
    #expect(
      MetricText.prometheus.text(of: [build])
        == "# HELP deploy_build_info \(FleetMetric.build.help)\n# TYPE deploy_build_info gauge\n"
        + "deploy_build_info{version=\"1\"} 1\n")
  }

  private static let reader = """
    import json, sys
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as strict
    from prometheus_client.parser import text_string_to_metric_families as plain
    families = list((strict if sys.argv[1] == "openmetrics" else plain)(sys.stdin.read()))
    for family in families:
        assert family.documentation, family.name
        for sample in family.samples:
            print(json.dumps([sample.name, sample.labels, sample.value], sort_keys=True))
    """

  @Test(
    "are read by prometheus-client, with every name and label as it was",
    .requires(toolsAreThere, missing), arguments: scenes.indices)
  func prometheusClient(_ index: Int) throws {
    let (name, scene) = Self.scenes[index]
    let expected = scene.metrics.flatMap(\.samples).count
    for (format, text) in [
      ("openmetrics", MetricText.openMetrics), ("prometheus", MetricText.prometheus),
    ] {
      let run = try ProgramRun(
        [Self.python, "-c", Self.reader, format], input: Array(text.text(of: scene.metrics).utf8))
      #expect(run.hasSucceeded, "\(name), \(format): \(run.output.suffix(2000))")
      let lines = run.output.split(separator: "\n")
      #expect(lines.count == expected, "\(name), \(format)")
      guard name == "hostile" else { continue }
      let names = try lines.compactMap { line -> String? in
        let sample = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [Any]
        return (sample?[1] as? [String: String])?["name"]
      }
      #expect(names.contains(SampleFleets.hostileWords[1]))
    }
  }

  @Test(
    "are accepted by promtool without a remark",
    .requires(ProgramRun.exists("promtool"), "needs prometheus: scripts/install-packages test"))
  func promtool() throws {
    let text = MetricText.prometheus.text(of: SampleFleets.troubled.metrics)
    let run = try ProgramRun(["promtool", "check", "metrics"], input: Array(text.utf8))
    #expect(run.hasSucceeded && run.output.isEmpty, "\(run.output)")
  }
}
