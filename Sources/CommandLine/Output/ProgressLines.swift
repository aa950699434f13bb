import Diagnostics
import Execution
import Fleet

extension Style {
  /// The progress line for an event; nil if the event is not shown.
  func line(_ event: ProgressEvent) -> StyledText? {
    switch event {
    case .connecting, .surveyed, .staged, .started: nil
    case .prepared(let host): "\(host): staged and validated"
    case .switching(let host): "\(host): switching"
    case .warned(let host, let line): self("\(host): \(line.indented(by: 4))", .yellow)
    case .hookSaid(let host, let line): "\(host): \(line)"
    case .settled(let host, let result):
      result == .unchanged
        ? nil
        : self(
          "\(host): \(result.name)\(result.detail.isEmpty ? "" : ": \(result.detail.indented(by: 4))")",
          result.isSuccess ? .green : .red)
    case .pausing(let seconds): "waiting \(seconds) s before the next batch"
    case .verifying(let hosts): "testing the edges of \(hosts.joined(separator: ", "))"
    case .untried(let edges):
      self(edges.map { "not tested: \($0)" }.joined(separator: "\n"), .yellow)
    }
  }
}
