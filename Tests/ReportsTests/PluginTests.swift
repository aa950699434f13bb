import Fleet
import FleetLiterals
import State
import Testing

@testable import Reports

@Suite("The answer of the monitoring plugin")
struct PluginTests {
  private static func result(
    _ scene: ReportScene, warning: Period = .days(21), critical: Period = .days(7)
  ) -> PluginResult {
    PluginResult(
      scene.status, scene.expiries, runs: scene.runs,
      .init(warning: warning, critical: critical))
  }

  @Test("is OK for a fleet as it should be, and names what expires first")
  func ok() {
    let result = Self.result(SampleFleets.small)
    #expect(result.severity == .ok)
    #expect(
      result.line
        == "DEPLOY OK - shop: 5 hosts as installed, the first to expire is site certificate"
        + " admin.shop.example in 40 days | hosts=5;;;0 unreachable=0;;0;0 faulty=0;;0;0 drifted=0;0;;0"
        + " due=0;;;0 first_expiry=3456000s;1814400:;604800:")
  }

  @Test("has the critical findings first, in one line")
  func critical() {
    let result = Self.result(SampleFleets.troubled)
    #expect(result.severity == .critical)
    #expect(
      result.line.hasPrefix(
        "DEPLOY CRITICAL - shop: app-3 is unreachable (could not connect to 198.18.0.23 port 22: Connection"
          + " refused); app-2: 2 files changed; certificate tls/back-end.crt on app-2 expires in 12 days;"
          + " the last run failed (20261130-140200-k7rf) | "))
  }

  @Test(
    "judges an expiry date by the thresholds, to the second",
    arguments: [
      (21 * 86_400, PluginResult.Severity.ok), (21 * 86_400 - 1, .warning), (7 * 86_400, .warning),
      (7 * 86_400 - 1, .critical), (0, .critical), (-5, .critical),
    ] as [(Int64, PluginResult.Severity)])
  func thresholds(seconds: Int64, severity: PluginResult.Severity) {
    var scene = SampleFleets.small
    let end = ReportScene.now.adding(seconds: seconds)
    scene.state.hosts["app-1"]?.release.certificates["tls/back-end.crt"]?.notAfter = end
    scene.isOffline = true
    #expect(Self.result(scene).severity == severity)
    #expect(
      Self.result(scene, warning: .seconds(0), critical: .seconds(0)).severity
        == (seconds < 0 ? .critical : .ok))
  }

  @Test("warns of drift, and a firewall that is not loaded is critical")
  func drift() {
    var scene = SampleFleets.small
    scene.damage("app-1") { $0.driftedFiles = ["nginx/deploy.conf"] }
    #expect(Self.result(scene).severity == .warning)
    scene.damage("app-1") { $0.firewall = .absent }
    #expect(Self.result(scene).severity == .critical)
  }

  @Test("is one line without a bar of its own, whatever a host says")
  func hostile() {
    var scene = SampleFleets.hostile
    scene.survey["app-3"] = .unreachable("a | b=1\nOK - all is well \u{1B}[2J")
    let line = Self.result(scene).line
    #expect(line.count { $0 == "|" } == 1)
    #expect(!line.unicodeScalars.contains { $0 == "\n" || $0 == "\u{1B}" })
    #expect(line.contains("a / b=1 OK"))
  }

  @Test("counts what does not fit in a line")
  func many() {
    let line = Self.result(SampleFleets.large).line
    #expect(line.contains("more | hosts=1000;;;0"))
    #expect(line.utf8.count < 1000)
  }

  @Test("is UNKNOWN if only expiry dates count and the state has no release")
  func lost() {
    var scene = SampleFleets.small
    scene.state.hosts = [:]
    scene.isOffline = true
    let result = Self.result(scene)
    #expect(result.severity == .unknown)
    #expect(
      result.line.hasPrefix("DEPLOY UNKNOWN - shop: the state has no release of any host | "))
    scene = SampleFleets.small
    scene.isOffline = true
    #expect(Self.result(scene).severity == .ok)
  }

  @Test("does not count a host without a release among those as installed")
  func empty() {
    let line = Self.result(SampleFleets.withoutOneRelease).line
    #expect(line.hasPrefix("DEPLOY OK - shop: 4 as installed, 1 without a release, the first"))
  }

  @Test("names what expires first by the time, not by the order")
  func first() {
    let scene = SampleFleets.small
    let line = PluginResult(
      scene.status, scene.expiries.reversed(), runs: scene.runs, .usual
    ).line
    #expect(line == Self.result(scene).line)
  }

  @Test("is UNKNOWN if the status could not be found out")
  func unknown() {
    let result = PluginResult(unknown: "no inventory was found")
    #expect(result.line == "DEPLOY UNKNOWN - no inventory was found")
    #expect(result.severity.rawValue == 3)
  }
}
