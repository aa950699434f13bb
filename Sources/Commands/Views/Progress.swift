import Execution
import Foundation

/// Tells on standard error what happens, a line for each change of a host.
struct Progress: Sendable {
  let isColored: Bool

  func show(_ event: ProgressEvent) {
    guard let line = text(event) else { return }
    Console.error(line)
  }

  private func text(_ event: ProgressEvent) -> String? {
    let style = Style(isColored: isColored)
    return switch event {
    case .connecting, .surveyed, .staged: nil
    case .prepared(let host): "\(host): staged and tested"
    case .switching(let host): "\(host): switching"
    case .warned(let host, let line): style("\(host): \(line)", .yellow)
    case .settled(let host, let verdict):
      verdict == .unchanged
        ? nil
        : style(
          "\(host): \(verdict.name)\(verdict.detail.isEmpty ? "" : ": \(verdict.detail)")",
          verdict.isSuccess ? .green : .red)
    case .pausing(let seconds): "waiting \(seconds) s before the next batch"
    }
  }
}
