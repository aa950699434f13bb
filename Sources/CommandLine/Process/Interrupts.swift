import Dispatch
import Glibc

/// The first Ctrl-C stops a run in order; the second one leaves it where it is.
enum Interrupts {
  /// - Parameter leave: what is said before the program ends at the second one.
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
          "deploy: stopping; hosts that are switching are seen to their end (again to leave them)")
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
