import Dispatch
import Glibc
import Synchronization

/// Handles Ctrl-C, SIGTERM and SIGHUP: during a rollout and during orders, the first one stops the run in order and the second one ends
/// the program at once; otherwise, one ends the program, which leaves a clean screen.
enum Interrupts {
  /// What a signal does.
  private enum Effect {
    case leave
    /// It cancels a task, and says what stops.
    case stop(String, cancel: @Sendable () -> Void, abandon: @Sendable () -> Void)
    /// The task is cancelled already.
    case abandon(@Sendable () -> Void)
  }

  private struct State {
    var effect = Effect.leave
    var sources: [any DispatchSourceSignal] = []
  }

  private static let state = Mutex(State())

  /// Lets a signal end the program as usual, but with the status area erased before.
  static func leaveCleanly() { listen() }

  /// Runs work whose task is cancelled by the first signal.
  ///
  /// Afterwards, the signals have their default actions again.
  ///
  /// - Parameters:
  ///   - stopping: what is announced at the first signal.
  ///   - leave: called at the second signal, before the program exits with 130.
  static func cancelling<Result: Sendable>(
    _ work: @escaping @Sendable () async -> Result, _ stopping: String,
    leave: @escaping @Sendable () -> Void
  ) async -> Result {
    let task = Task { await work() }
    state.withLock { $0.effect = .stop(stopping, cancel: { task.cancel() }, abandon: leave) }
    listen()
    let result = await task.value
    state.withLock { $0.effect = .leave }
    return result
  }

  private static func listen() {
    state.withLock { state in
      guard state.sources.isEmpty else { return }
      state.sources = [SIGINT, SIGTERM, SIGHUP].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number)
        source.setEventHandler { receive(number) }
        source.resume()
        return source
      }
    }
  }

  private static func receive(_ number: Int32) {
    let effect = state.withLock { state in
      let effect = state.effect
      if case .stop(_, _, let abandon) = effect { state.effect = .abandon(abandon) }
      return effect
    }
    switch effect {
    case .leave:
      StatusDisplay.close()
      signal(number, SIG_DFL)
      kill(getpid(), number)
    case .stop(let stopping, let cancel, _):
      // First, because the message waits for a terminal that takes nothing.
      cancel()
      Console.error("deploy: \(stopping); press Ctrl-C again to stop at once")
    case .abandon(let abandon):
      abandon()
      ProcessExit.now(ExitStatus.interrupted.rawValue)
    }
  }
}
