import Diagnostics
package import Fleet
package import Planning
import State

/// The answer of a monitoring plugin, as Nagios, Icinga and Naemon read it: one line with performance data, and an exit
/// code (Monitoring Plugins Development Guidelines).
package struct PluginResult: Hashable, Sendable {
  /// The raw value is the exit code of the plugin.
  package enum Severity: Int32, Hashable, Sendable, Comparable {
    case ok, warning, critical, unknown

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    fileprivate var word: String { "\(self)".uppercased() }
  }

  /// How long before an expiry date a plugin warns.
  package struct Thresholds: Hashable, Sendable {
    package let warning: Period
    package let critical: Period

    package static let usual = Thresholds(warning: .days(21), critical: .days(7))

    package init(warning: Period, critical: Period) {
      self.warning = warning
      self.critical = critical
    }
  }

  private struct Finding {
    var severity: Severity
    var text: String
  }

  package let severity: Severity
  package let line: String

  /// The findings that a line has; the others are counted.
  private static let mostFindings = 5

  /// - Parameters:
  ///   - status: offline, if only expiry dates count.
  ///   - expiries: earliest first.
  ///   - runs: the newest first.
  package init(
    _ status: FleetStatus, _ expiries: [Expiry], runs: [RecentRun], _ thresholds: Thresholds
  ) {
    let hosts = status.isOffline ? [] : status.hosts.compactMap(Self.finding)
    let found =
      (hosts + expiries.compactMap { Self.finding($0, status.now, thresholds) }
        + runs.prefix(1).compactMap(Self.finding)
        + (status.hasNothingRecorded ? [Self.nothingRecorded] : []))
    // Sorting by severity alone must not change the order of the hosts.
    let sorted = [Severity.critical, .warning, .unknown].flatMap { severity in
      found.filter { $0.severity == severity }
    }
    severity = sorted.first?.severity ?? .ok
    let more = sorted.count - Self.mostFindings
    let texts =
      sorted.isEmpty
      ? [Self.allIsWell(status, expiries)]
      : sorted.prefix(Self.mostFindings).map(\.text) + (more > 0 ? ["\(more) more"] : [])
    line = Self.line(
      severity, "\(status.fleet): " + texts.joined(separator: "; "),
      Self.performance(status, expiries, thresholds))
  }

  /// The answer if the status could not be found out.
  package init(unknown why: String) {
    severity = .unknown
    line = Self.line(.unknown, why, nil)
  }

  /// A bar would begin the performance data, and a line feed the long text.
  private static func line(_ severity: Severity, _ text: String, _ performance: String?) -> String {
    let words = text.split { $0.isWhitespace }.joined(separator: " ")
    let safe = HostText(words, limit: 2000).text.replacing("|", with: "/")
    return "DEPLOY \(severity.word) - \(safe)" + (performance.map { " | \($0)" } ?? "")
  }

  private static func finding(_ host: HostStatus) -> Finding? {
    switch host.standing {
    case .unreachable:
      Finding(
        severity: .critical, text: "\(host.host) is unreachable (\(host.problem ?? "no reason"))")
    case .faulty: Finding(severity: .critical, text: "\(host.host): \(host.summary)")
    case .drifted:
      // Without its firewall, a host is open.
      Finding(
        severity: host.firewall == .asInstalled ? .warning : .critical,
        text: "\(host.host): \(host.summary)")
    case .empty, .unknown, .recorded, .asInstalled: nil
    }
  }

  private static func finding(
    _ expiry: Expiry, _ now: Timestamp, _ thresholds: Thresholds
  ) -> Finding? {
    let left = expiry.notAfter.secondsSince1970 - now.secondsSince1970
    guard left < max(thresholds.warning, thresholds.critical).seconds else { return nil }
    let on = expiry.host.map { " on \($0)" } ?? ""
    let when =
      left <= 0
      ? "expired on \(expiry.notAfter.date)"
      : "expires in \(expiry.daysLeft) \(expiry.daysLeft == 1 ? "day" : "days")"
    return Finding(
      severity: left < thresholds.critical.seconds ? .critical : .warning,
      text: "\(expiry.kind.noun) \(expiry.name)\(on) \(when)")
  }

  private static func finding(_ run: RecentRun) -> Finding? {
    switch run.outcome {
    case .succeeded, .running: nil
    case .failed: Finding(severity: .warning, text: "the last run failed (\(run.record.id))")
    case .unfinished:
      Finding(severity: .warning, text: "the last run has no end (\(run.record.id))")
    }
  }

  /// A state that was lost has nothing that expires either.
  private static let nothingRecorded = Finding(
    severity: .unknown, text: "the state has no release of any host")

  private static func allIsWell(_ status: FleetStatus, _ expiries: [Expiry]) -> String {
    let counts = FleetStatus.counts(of: status.hosts).reversed().map { standing, count in
      standing == .empty ? "\(count) without a release" : "\(count) \(standing.text)"
    }
    let hosts =
      status.isOffline
      ? []
      : status.hosts.allSatisfy { $0.standing == .asInstalled }
        ? ["\(status.hosts.count) hosts as installed"] : counts
    let first = expiries.earliest.map {
      "the first to expire is \($0.kind.noun) \($0.name)\($0.host.map { " on \($0)" } ?? "") in \($0.daysLeft) days"
    }
    return (hosts + [first ?? "nothing expires"]).joined(separator: ", ")
  }

  private static func performance(
    _ status: FleetStatus, _ expiries: [Expiry], _ thresholds: Thresholds
  ) -> String {
    func count(_ standing: HostStanding) -> Int { status.hosts.count { $0.standing == standing } }
    let hosts =
      status.isOffline
      ? []
      : [
        "hosts=\(status.hosts.count);;;0",
        "unreachable=\(count(.unreachable));;0;0", "faulty=\(count(.faulty));;0;0",
        "drifted=\(count(.drifted));0;;0",
      ]
    let due = expiries.count { $0.urgency > .none }
    // A range that ends with a colon is one that a value must not be below.
    let first = expiries.earliest.map { expiry in
      let left = expiry.notAfter.secondsSince1970 - status.now.secondsSince1970
      return
        "first_expiry=\(left)s;\(thresholds.warning.seconds):;\(thresholds.critical.seconds):"
    }
    return (hosts + ["due=\(due);;;0"] + [first].compactMap(\.self)).joined(separator: " ")
  }
}

extension [Expiry] {
  /// The first to expire.
  var earliest: Expiry? { self.min { $0.notAfter < $1.notAfter } }
}

extension Expiry.Kind {
  /// For sentences.
  package var noun: String {
    switch self {
    case .ca: "CA"
    case .certificate: "certificate"
    case .siteCertificate: "site certificate"
    case .revocationList: "CRL of"
    }
  }
}
