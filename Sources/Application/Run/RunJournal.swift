import Execution
import Fleet
import Inventories
import State

/// Writes what a run does to the journal of the service that runs it: its start, the result of each host and site that
/// it changed, and its end. The fields are documented in docs/operations.md.
struct RunJournal: Sendable {
  /// The message IDs, by which journalctl finds messages whatever their texts are (journalctl --new-id128).
  enum MessageID: String {
    case began = "5f0d8b3a5d1c4c0e9a0f7f3d0a6e2b11"
    case result = "b1c6a7b2c37f4b6e8d6a5c0b9e1f4d22"
    case ended = "e2d94f6c18a94d3fb7c05a8e6f3b7a33"
  }

  private let journal: SystemJournal
  private let fields: [(name: String, value: String)]

  init(_ journal: SystemJournal, fleet: FleetName, run: RunID) {
    self.journal = journal
    fields = [("DEPLOY_FLEET", fleet.text), ("DEPLOY_RUN", run.text)]
  }

  func began(_ command: [String]) {
    send(.began, "began: deploy \(command.joined(separator: " "))", .information, [])
  }

  /// A journal that takes no result gets no other one, but its end: a run does not wait for each of a thousand hosts.
  func ended(_ end: RunEnd) {
    _ = results(of: end).allSatisfy { send(.result, $0.message, $0.priority, $0.fields) }
    let failure = end.failure.map { ": \($0)" } ?? ""
    send(
      .ended, "ended with exit code \(end.exit)\(failure)", end.exit == 0 ? .information : .error,
      [("DEPLOY_EXIT", "\(end.exit)"), ("DEPLOY_RESULT", end.exit == 0 ? "done" : "failed")])
  }

  private struct Result {
    var message: String
    var priority: SystemJournal.Priority
    var fields: [(name: String, value: String)] = []
  }

  private func results(of end: RunEnd) -> [Result] {
    let hosts = end.results.filter { $0.result != HostResult.unchanged.name }.map { result in
      let detail = result.detail.isEmpty ? "" : ": \(result.detail)"
      return Result(
        message: "\(result.host): \(result.result)\(detail)",
        priority: HostResult.isSuccess(named: result.result) ? .information : .error,
        fields: [("DEPLOY_HOST", result.host.text), ("DEPLOY_RESULT", result.result)])
    }
    let certificates = end.certificates.map { certificate in
      Result(
        message: "\(certificate.site): \(certificate.detail)",
        priority: certificate.isSuccess ? .information : .error,
        fields: [
          ("DEPLOY_SITE", certificate.site.text),
          ("DEPLOY_RESULT", certificate.isSuccess ? "ordered" : "failed"),
        ])
    }
    return hosts + certificates + end.warnings.map { Result(message: $0, priority: .warning) }
  }

  @discardableResult
  private func send(
    _ id: MessageID, _ message: String, _ priority: SystemJournal.Priority,
    _ more: [(name: String, value: String)]
  ) -> Bool {
    journal.send(message, priority, [("MESSAGE_ID", id.rawValue)] + fields + more)
  }
}
