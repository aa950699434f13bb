import Subprocess

/// How a program that the user names ended.
package enum CommandEnding: Hashable, Sendable {
  case exited(status: Int32)
  case signaled(number: Int32)
  /// It was terminated at its deadline.
  case late(afterSeconds: Int64)

  init(_ status: TerminationStatus) {
    self =
      switch status {
      case .exited(let status): .exited(status: status)
      case .signaled(let number): .signaled(number: number)
      }
  }

  /// What the program did, after its name: "exited with status 3". Nil if it succeeded.
  package var failure: String? {
    switch self {
    case .exited(0): nil
    case .exited(let status): "exited with status \(status)"
    case .signaled(let number): "was terminated by signal \(number)"
    case .late(let seconds): "took more than \(seconds) s and was terminated"
    }
  }
}
