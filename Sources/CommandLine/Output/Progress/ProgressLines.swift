import Diagnostics
import Execution
import Fleet

/// The lines that progress events leave on standard error.
struct ProgressLines {
  /// Which events leave a line.
  enum Detail {
    /// Only what the user should look at.
    case warnings
    /// Also failed hosts and what hooks say, where a status area shows the rest.
    case notable
    /// Each step of each host.
    case steps
    /// The same, and why hosts failed, which the summary says otherwise.
    case all
  }

  let detail: Detail

  /// The line for an event; nil if the event leaves none.
  func line(_ event: ProgressEvent) -> (text: String, color: Style.Color?)? {
    guard let importance = event.importance, isShown(importance) else { return nil }
    return switch event {
    case .prepared(let host): ("\(host): staged and validated", nil)
    case .switching(let host): ("\(host): switching", nil)
    case .warned(let host, let line): ("\(host): \(line)", .yellow)
    case .hookSaid(let host, let line): ("\(host): \(line)", nil)
    case .settled(let host, let result):
      ("\(host): \(text(of: result))", result.isSuccess ? .green : .red)
    case .pausing(let seconds): ("waiting \(seconds) s before the next batch", nil)
    case .verifying(let hosts): ("testing the edges of \(hosts.joined(separator: ", "))", nil)
    case .untried(let edges):
      (edges.map { "not tested: \($0)" }.joined(separator: "\n"), .yellow)
    case .connecting, .surveyed, .staged, .started, .began, .finished, .ended, .rollingOut,
      .entered, .rolledOut, .checked:
      nil
    }
  }

  private func isShown(_ importance: ProgressEvent.Importance) -> Bool {
    switch detail {
    case .warnings: importance == .warning
    case .notable: importance != .step
    case .steps, .all: true
    }
  }

  private func text(of result: HostResult) -> String {
    guard !result.detail.isEmpty, result.isSuccess || detail == .all else { return result.name }
    return "\(result.name): \(result.detail)"
  }
}

extension ProgressEvent {
  enum Importance { case step, notable, warning }

  /// Nil if the event leaves no line.
  fileprivate var importance: Importance? {
    switch self {
    case .prepared, .switching, .pausing, .verifying: .step
    case .settled(_, .unchanged): nil
    case .settled(_, let result): result.isSuccess ? .step : .notable
    case .hookSaid: .notable
    case .warned, .untried: .warning
    case .connecting, .surveyed, .staged, .started, .began, .finished, .ended, .rollingOut,
      .entered, .rolledOut, .checked:
      nil
    }
  }
}
