import Application
import Diagnostics
import Fleet
import Planning
import State

/// The output of `deploy status`: how each host is now, compared with the state, as text or JSON.
/// ``SurveyFleet`` asks the hosts.
struct StatusView {
  private struct Row: Encodable {
    var host: HostName
    var isReachable: Bool
    /// Why the host could not be reached, or the most important thing that is wrong with it.
    var problem: String?
    var release: ReleaseNumber?
    /// The releases that nginx serves.
    var served: [ReleaseNumber]
    /// Installed files that are missing or changed.
    var drift: [String]
    var firewall: String
    /// What the host has done automatically since its last change.
    var note: String?
    /// When the first of its certificates expires.
    var certificateEnds: Timestamp?
    var daysLeft: Int64?
    /// What to do about the problem; for text only.
    var advice: String?
    /// Nil if the host did not answer.
    var health: HostHealth?

    private enum CodingKeys: CodingKey {
      case host, isReachable, problem, release, served, drift, firewall, note, certificateEnds
      case daysLeft
    }
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

  /// Compares what the hosts reported with the state.
  ///
  /// - Parameter now: the time from which days are counted.
  init(_ report: SurveyFleet.Report, now: Timestamp) {
    let (state, judged) = (report.state, report.judged)
    fleet = state.fleet
    caEnds = state.signingCA?.notAfter
    self.now = now
    let newer = Dictionary(uniqueKeysWithValues: judged.newer.map { ($0.host, $0) })
    rows = report.hosts.map { host, _ in
      switch judged.survey[host] {
      case nil:
        Row(
          host: host, isReachable: false, problem: "not contacted", served: [], drift: [],
          firewall: "unknown")
      case .unreachable(let why):
        Row(
          host: host, isReachable: false, problem: why, served: [], drift: [],
          firewall: "unknown",
          advice: "Check the host, its network and sshd, then run \"deploy status\" again")
      case .observed(let observation):
        Self.row(host, observation, state.hosts[host], newer[host], now)
      }
    }
  }

  /// The row of a host that answered.
  ///
  /// - Parameters:
  ///   - record: what the state says of the host.
  ///   - newer: the host's release, if another copy of the state installed it.
  private static func row(
    _ host: HostName, _ observation: HostObservation, _ record: HostRecord?,
    _ newer: NewerRelease?, _ now: Timestamp
  ) -> Row {
    let present = observation.manifest?.release
    let ends = present?.certificates.values.map(\.notAfter).min()
    let health = HostHealth(observation)
    let problem = StatusProblem(observation, health, record, newer, now)
    return Row(
      host: host, isReachable: true, problem: problem?.text, release: present?.number,
      served: observation.servedReleases, drift: observation.driftedFiles,
      firewall: observation.firewall.rawValue,
      note: observation.undoneChange.map { release, why in
        release.map { "rolled back automatically from release \($0): \(why)" }
          ?? "rolled back the removal of deploy automatically: \(why)"
      },
      certificateEnds: ends,
      daysLeft: ends.map { now.days(until: $0) }, advice: problem?.advice, health: health)
  }

  /// Whether every host is reachable and as it was installed, and no certificate or CA has expired.
  var isHealthy: Bool {
    rows.allSatisfy { $0.problem == nil && $0.health?.isAsInstalled ?? true }
      && caEnds.map { $0 > now } ?? true
  }

  func print(as format: OutputFormat, _ style: Style) throws {
    switch format {
    case .text: Console.output(text(style, width: Console.outputWidth))
    case .json:
      try JSONText.print(
        Document(
          fleet: fleet, isHealthy: isHealthy, caEnds: caEnds, hosts: rows))
    }
  }

  /// - Parameter width: columns at which lines are wrapped; nil if they are not.
  func text(_ style: Style, width: Int?) -> StyledText {
    let head = ["HOST", "RELEASE", "SERVED", "FIREWALL", "CERTIFICATE"]
    let cells = rows.map { row in
      [
        row.host.text, row.release?.description ?? "-",
        row.served.isEmpty ? "-" : row.served.map(\.description).joined(separator: ","),
        row.firewall, row.daysLeft.map { "\($0) days" } ?? "-",
      ]
    }
    var page = Page(style, width: width)
    page.add(
      table: Table.lines([head] + cells),
      colors: rows.map { problems($0).isEmpty ? nil : .red },
      notes: rows.map { row in
        problems(row).map { ($0, .red) } + (row.note.map { [($0, .yellow)] } ?? [])
      })
    if let caEnds, caEnds <= now {
      page.add(
        "The CA expired on \(caEnds.date). Run \"deploy ca renew\", then \"deploy apply\".", .red)
    }
    return page.text
  }

  /// What is wrong with a host, and what to do about it.
  private func problems(_ row: Row) -> [String] {
    var problems: [String] = []
    // The advice has a line of its own, since the problem may end with a command to paste.
    if let problem = row.problem {
      problems.append(problem)
      if let advice = row.advice { problems.append("\(advice).") }
    }
    if !row.drift.isEmpty {
      problems.append(
        "\(row.drift.shortList()) \(row.drift.count == 1 ? "was" : "were") changed on the host."
          + " \"deploy apply\" installs the release again.")
    }
    if let faults = row.health?.faults {
      if faults.contains(.firewallAbsent) {
        problems.append("The firewall is not loaded. \"deploy apply\" loads it again.")
      }
      if faults.contains(.firewallChanged) {
        problems.append(
          "The loaded firewall differs from the installed one. \"deploy apply\" loads it again.")
      }
    }
    return problems
  }
}
