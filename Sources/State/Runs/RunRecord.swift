package import Fleet

/// One run of a command that changes a fleet, as the history remembers it: who began it, what was planned, and
/// how it ended. All texts are one line each, bounded, and safe to show.
package struct RunRecord: Hashable, Sendable {
  package var start: RunStart
  /// What the user approved; nil if the command has no plan, or ended before there was one.
  package var plan: RunPlan?
  /// Nil while the run is not ended, and for ever if it was killed.
  package var end: RunEnd?

  package var id: RunID { start.id }

  package init(start: RunStart, plan: RunPlan? = nil, end: RunEnd? = nil) {
    self.start = start
    self.plan = plan
    self.end = end
  }
}

/// The beginning of a run.
package struct RunStart: Hashable, Sendable, Codable {
  package var id: RunID
  package var fleet: String
  /// The account of the operator on the controller.
  package var user: String
  /// The host name of the controller.
  package var machine: String
  package var process: RunProcess
  /// The words after `deploy`.
  package var command: [String]
  /// The version of deploy.
  package var version: String
  package var startedAt: Timestamp

  /// Texts are shortened and escaped, so that they are valid in the history.
  package init(
    id: RunID, fleet: String, user: String, machine: String, process: RunProcess,
    command: [String], version: String, startedAt: Timestamp
  ) {
    self.id = id
    self.fleet = fleet
    self.user = RunText.line(user)
    self.machine = RunText.line(machine)
    self.process = process
    self.command = RunText.command(command)
    self.version = RunText.line(version)
    self.startedAt = startedAt
  }

  /// User and machine, such as `anna@laptop`.
  package var who: String { "\(user)@\(machine)" }
}

/// The process of a run. Numbers are used again, so the moment of its start belongs to it.
package struct RunProcess: Hashable, Sendable, Codable {
  package var id: Int32
  /// The start of the machine and the clock ticks from there to the start of the process; nil if not known.
  package var start: String?

  package init(id: Int32, start: String?) {
    self.id = id
    self.start = start
  }
}

/// The result of one host in the history.
package struct RunResult: Hashable, Sendable, Codable {
  package var host: HostName
  /// One of the results of a summary, such as `confirmed`.
  package var result: String
  /// Empty, or a sentence.
  package var detail: String

  package init(host: HostName, result: String, detail: String) {
    self.host = host
    self.result = RunText.line(result)
    self.detail = RunText.line(detail)
  }
}

/// The result of a site's certificate that was to be ordered, in the history.
package struct RunCertificate: Hashable, Sendable, Codable {
  package var site: DomainName
  package var isSuccess: Bool
  package var detail: String

  package init(site: DomainName, isSuccess: Bool, detail: String) {
    self.site = site
    self.isSuccess = isSuccess
    self.detail = RunText.line(detail)
  }
}

/// The end of a run.
package struct RunEnd: Hashable, Sendable, Codable {
  package var endedAt: Timestamp
  /// The exit status.
  package var exit: Int32
  /// Sorted by host; empty if the run has no summary.
  package var results: [RunResult]
  /// Sorted by site.
  package var certificates: [RunCertificate]
  /// Why the run stopped or failed; nil if it did not.
  package var failure: String?
  /// What went wrong without changing the results.
  package var warnings: [String]

  package init(
    endedAt: Timestamp, exit: Int32, results: [RunResult] = [],
    certificates: [RunCertificate] = [], failure: String? = nil, warnings: [String] = []
  ) {
    self.endedAt = endedAt
    self.exit = exit
    self.results = results
    self.certificates = certificates
    self.failure = failure.map { RunText.line($0) }
    self.warnings = warnings.map { RunText.line($0) }
  }

  /// How many hosts have each result, in the given order of results.
  package func counts(in order: [String]) -> [(result: String, count: Int)] {
    let numbers = Dictionary(grouping: results, by: \.result).mapValues(\.count)
    let others = numbers.keys.filter { !order.contains($0) }.sorted()
    return (order + others).compactMap { name in numbers[name].map { (name, $0) } }
  }
}
