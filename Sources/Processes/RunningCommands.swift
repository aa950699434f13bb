import Glibc
import Synchronization

/// The programs of the user that run now, so that none is left behind when deploy exits at once.
package final class RunningCommands: Sendable {
  /// Those of the whole program. Tests have their own.
  package static let ofProgram = RunningCommands()

  /// What is killed.
  enum Target: Hashable, Sendable {
    case process(pid_t)
    /// The group of this leader.
    case group(pid_t)

    fileprivate func kill() {
      switch self {
      case .process(let process): _ = Glibc.kill(process, SIGKILL)
      case .group(let leader): _ = Glibc.kill(-leader, SIGKILL)
      }
    }
  }

  private struct State {
    var targets: Set<Target> = []
    var isExiting = false
  }

  private let state = Mutex(State())

  package init() {}

  /// Kills all that run, and those that are still started, because the program is about to exit.
  package func killAll() {
    state.withLock { state in
      state.isExiting = true
      for target in state.targets { target.kill() }
    }
  }

  /// Notes a program while the body reads from it. A target is not killed after the body: its number could be another's.
  func noting<Output>(_ target: Target, _ body: () async throws -> Output) async rethrows -> Output
  {
    state.withLock { state in
      state.targets.insert(target)
      if state.isExiting { target.kill() }
    }
    defer { state.withLock { _ = $0.targets.remove(target) } }
    return try await body()
  }
}
