import Dispatch
import Glibc

/// Handles Ctrl-C during a run: the first one stops the run in order, the second one ends the
/// program at once.
enum Interrupts {
  /// Runs work whose task is cancelled by SIGINT, SIGTERM or SIGHUP.
  ///
  /// Afterwards, the signals have their default actions again.
  ///
  /// - Parameter leave: called at the second signal, before the program exits with 130.
  static func cancelling<Result: Sendable>(
    _ work: @escaping @Sendable () async -> Result, leave: @escaping @Sendable () -> Void
  ) async -> Result {
    let task = Task { await work() }
    let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler {
        guard !task.isCancelled else {
          leave()
          ProcessExit.now(ExitStatus.interrupted.rawValue)
        }
        Console.error(
          "deploy: stopping after the hosts that are switching now; press Ctrl-C again to stop at once"
        )
        task.cancel()
      }
      source.resume()
      return (number, source)
    }
    let result = await task.value
    for (number, source) in sources {
      source.cancel()
      signal(number, SIG_DFL)
    }
    return result
  }
}
