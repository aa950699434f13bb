import Dispatch
import Foundation

/// The first Ctrl-C stops a run in order; the second one ends the program.
enum Interrupts {
  static func cancelling<Result: Sendable>(
    _ work: @escaping @Sendable () async -> Result
  ) async -> Result {
    let task = Task { await work() }
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler {
        if task.isCancelled {
          signal(number, SIG_DFL)
          kill(getpid(), number)
          return
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
