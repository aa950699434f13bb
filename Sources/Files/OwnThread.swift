internal import Glibc
internal import SystemPackage

/// Runs blocking work on a thread of its own, never on the threads that `async` code shares.
package func onItsOwnThread<Value: Sendable>(
  _ work: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    do {
      try startThread { continuation.resume(with: Result(catching: work)) }
    } catch {
      continuation.resume(throwing: error)
    }
  }
}

/// Starts a thread for blocking work; it ends with the work.
private func startThread(_ work: @escaping @Sendable () -> Void) throws(Errno) {
  let work = Unmanaged.passRetained(ThreadWork(work))
  var thread = pthread_t()
  let failure = pthread_create(
    &thread, nil,
    { argument in
      if let argument { Unmanaged<ThreadWork>.fromOpaque(argument).takeRetainedValue().run() }
      return nil
    }, work.toOpaque())
  guard failure == 0 else {
    work.release()
    throw Errno(rawValue: failure)
  }
  pthread_detach(thread)
}

/// What a thread does, as an object that a C pointer can hold.
private final class ThreadWork: Sendable {
  let run: @Sendable () -> Void

  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
