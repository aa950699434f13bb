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

  func ended(_ end: RunEnd) {
    for result in end.results where result.result != HostResult.unchanged.name {
      let isSuccess = HostResult.isSuccess(named: result.result)
      let detail = result.detail.isEmpty ? "" : ": \(result.detail)"
      send(
        .result, "\(result.host): \(result.result)\(detail)", isSuccess ? .information : .error,
        [("DEPLOY_HOST", result.host.text), ("DEPLOY_RESULT", result.result)])
    }
    for certificate in end.certificates {
      send(
        .result, "\(certificate.site): \(certificate.detail)",
        certificate.isSuccess ? .information : .error,
        [
          ("DEPLOY_SITE", certificate.site.text),
          ("DEPLOY_RESULT", certificate.isSuccess ? "ordered" : "failed"),
        ])
    }
    for warning in end.warnings { send(.result, warning, .warning, []) }
    let failure = end.failure.map { ": \($0)" } ?? ""
    send(
      .ended, "ended with exit code \(end.exit)\(failure)", end.exit == 0 ? .information : .error,
      [("DEPLOY_EXIT", "\(end.exit)"), ("DEPLOY_RESULT", end.exit == 0 ? "done" : "failed")])
  }

  private func send(
    _ id: MessageID, _ message: String, _ priority: SystemJournal.Priority,
    _ more: [(name: String, value: String)]
  ) {
    journal.send(message, priority, [("MESSAGE_ID", id.rawValue)] + fields + more)
  }
}
