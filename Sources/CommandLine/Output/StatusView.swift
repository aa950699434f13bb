import Application
import Fleet
import Planning
import State

/// What each host is now, beside what the state says.
struct StatusView {
  private struct Row: Encodable {
    var host: HostName
    var isReachable: Bool
    var problem: String?
    var release: Int?
    var served: [Int]
    var drift: [String]
    var firewall: String
    /// What the host has done automatically since.
    var note: String?
    /// The earliest end of a certificate.
    var certificateEnds: Timestamp?
    var daysLeft: Int64?
  }

  private struct Document: Encodable {
    let version = 2
    var fleet: String
    var isHealthy: Bool
    var caEnds: Timestamp?
    var hosts: [Row]
  }

  private let fleet: String
  private let caEnds: Timestamp?
  private let now: Timestamp
  private let rows: [Row]
  /// Whether every host that answered is as its release left it.
  private let isAsInstalled: Bool

  init(_ report: SurveyFleet.Report, now: Timestamp) {
    let (state, judged) = (report.state, report.judged)
    fleet = state.fleet
    caEnds = state.signingCA?.notAfter
    self.now = now
    isAsInstalled = report.hosts.allSatisfy { host, _ in
      guard case .observed(let observation) = judged.survey[host] else { return true }
      return HostHealth(observation).isAsInstalled
    }
    let newer = Dictionary(uniqueKeysWithValues: judged.newer.map { ($0.host, $0) })
    rows = report.hosts.map { host, _ in
      switch judged.survey[host] {
      case nil:
        Row(
          host: host, isReachable: false, problem: "it was not asked", served: [], drift: [],
          firewall: "unknown")
      case .unreachable(let why):
        Row(
          host: host, isReachable: false, problem: why, served: [], drift: [],
          firewall: "unknown")
      case .observed(let observation):
        Self.row(host, observation, state.hosts[host], newer[host], now)
      }
    }
  }

  private static func row(
    _ host: HostName, _ observation: HostObservation, _ record: HostRecord?,
    _ newer: NewerRelease?, _ now: Timestamp
  ) -> Row {
    let present = observation.manifest?.release
    let faults = HostHealth(observation).faults
    let ends = present?.certificates.values.map(\.notAfter).min()
    let problem: String? =
      if let newer {
        "this state is behind it: \(newer)"
      } else if let problem = observation.manifestProblem {
        problem.text
      } else if let present, let record, record.release.number != present.number {
        "the state says release \(record.release.number)"
      } else if let present, record == nil {
        "the state does not know release \(present.number)"
      } else if present == nil, record != nil {
        "its release is gone"
      } else if let ends, ends <= now {
        "a certificate has expired"
      } else {
        faults.lazy.compactMap(\.problem).first
      }
    return Row(
      host: host, isReachable: true, problem: problem, release: present?.number,
      served: observation.servedReleases, drift: observation.driftedFiles,
      firewall: observation.firewall.rawValue,
      note: observation.undoneRelease.map { "went back from release \($0.number): \($0.why)" },
      certificateEnds: ends,
      daysLeft: ends.map { now.days(until: $0) })
  }

  var isHealthy: Bool {
    isAsInstalled && rows.allSatisfy { $0.problem == nil }
      && caEnds.map { $0 > now } ?? true
  }

  func print(as format: OutputFormat) throws {
    switch format {
    case .text: Console.output(text)
    case .json:
      try JSONText.print(
        Document(
          fleet: fleet, isHealthy: isHealthy, caEnds: caEnds, hosts: rows))
    }
  }

  private var text: String {
    let head = ["HOST", "RELEASE", "SERVED", "FIREWALL", "CERTIFICATE", "NOTES"]
    return Table.text(
      [head]
        + rows.map { row in
          [
            row.host.text, row.release.map(String.init) ?? "-",
            row.served.isEmpty ? "-" : row.served.map(String.init).joined(separator: ","),
            row.firewall, row.daysLeft.map { "\($0) days" } ?? "-",
            ([row.problem, row.note].compactMap(\.self) + row.drift.map { "\($0) was changed" })
              .joined(separator: "; "),
          ]
        })
  }
}

extension ManifestProblem {
  fileprivate var text: String {
    switch self {
    case .drift(let why): "its manifest \(why)"
    case .ofOthers(let why): why
    }
  }
}

extension HostHealth.Fault {
  /// Nil for what has a column of its own, and for what an apply takes over as it is.
  fileprivate var problem: String? {
    switch self {
    case .interruptedTransaction: "a transaction was cut off"
    case .nginxStopped: "nginx does not run"
    case .otherReleases: "nginx serves something else"
    case .changedInclude(let file): "\(file) was changed"
    case .driftedFile, .firewallAbsent, .firewallChanged, .unsignedRelease: nil
    }
  }
}
