import Application
import Execution
import Fleet
import State

/// One run in the JSON of `deploy history`, which docs/json.md describes.
struct RunDocument: Encodable {
  /// What was planned.
  struct Plan: Encodable {
    var digest: String
    var summary: String
    /// Nil in a list of runs.
    var lines: [String]?
    var omitted: Int?
  }

  var run: String
  var user: String
  var machine: String
  var command: [String]
  var deployVersion: String
  var startedAt: Timestamp
  var standing: String
  var endedAt: Timestamp?
  var exit: Int32?
  var failure: String?
  var warnings: [String]?
  /// How many hosts have each result.
  var counts: [String: Int]?
  var plan: Plan?
  /// Nil in a list of runs.
  var hosts: [RunResult]?
  var certificates: [RunCertificate]?

  /// - Parameter isWhole: whether hosts, certificates and the lines of the plan are listed.
  init(_ run: RunRecord, _ standing: RunStanding, isWhole: Bool) {
    self.run = run.id.text
    user = run.start.user
    machine = run.start.machine
    command = run.start.command
    deployVersion = run.start.version
    startedAt = run.start.startedAt
    self.standing = standing.rawValue
    endedAt = run.end?.endedAt
    exit = run.end?.exit
    failure = run.end?.failure
    warnings = run.end?.warnings
    counts = run.end.map { end in
      Dictionary(
        uniqueKeysWithValues: end.counts(in: HostResult.names).map { ($0.result, $0.count) })
    }
    plan = run.plan.map { plan in
      Plan(
        digest: plan.digest, summary: plan.summary, lines: isWhole ? plan.lines : nil,
        omitted: isWhole ? plan.omitted : nil)
    }
    hosts = isWhole ? run.end?.results : nil
    certificates = isWhole ? run.end?.certificates : nil
  }
}

extension RunRecord {
  /// The command line, such as `apply --limit app-1`.
  var commandText: String { start.command.joined(separator: " ") }

  /// How many hosts have each result: `3 confirmed, 1 unreachable`; empty if the run has no results.
  var countsText: String {
    (end?.counts(in: HostResult.names) ?? []).map { "\($0.count) \($0.result)" }
      .joined(separator: ", ")
  }
}

extension Timestamp {
  /// For tables: `2026-11-30 14:02`, in UTC.
  var minute: String {
    let text = description
    return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))"
  }
}
