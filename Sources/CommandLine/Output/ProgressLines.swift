import Diagnostics
import Execution
import Fleet

extension Style {
  /// What standard error says of an event, a line for each change of a host; nil if that is nothing.
  func line(_ event: ProgressEvent) -> StyledText? {
    switch event {
    case .connecting, .surveyed, .staged, .started: nil
    case .prepared(let host): "\(host): staged and tested"
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
    case .verifying(let hosts): "trying the edges of \(hosts.joined(separator: ", "))"
    case .untried(let edges):
      self(edges.map { "not tried: \($0)" }.joined(separator: "\n"), .yellow)
    }
  }
}
