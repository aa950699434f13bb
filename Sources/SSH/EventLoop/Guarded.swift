internal import Files
internal import Glibc
internal import SystemPackage

/// A value that one thread at a time may use: what `Synchronization.Mutex` is, by pthread_mutex_lock(3).
///
/// That one waits by a futex of its own, which the thread sanitizer does not see: it takes every use for a
/// race, and what suppresses that would hide the true ones. This one it knows.
///
/// `@unchecked Sendable`: the value is reached with the mutex held, and only then; neither pointer leaves.
struct Guarded<Value: Sendable>: ~Copyable, @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let value: UnsafeMutablePointer<Value>

  init(_ initial: Value) {
    mutex = .allocate(capacity: 1)
    value = .allocate(capacity: 1)
    value.initialize(to: initial)
    let failure = pthread_mutex_init(mutex, nil)
    precondition(failure == 0, "No mutex can be made: \(Errno(rawValue: failure))")
  }

  deinit {
    pthread_mutex_destroy(mutex)
    value.deinitialize(count: 1)
    value.deallocate()
    mutex.deallocate()
  }

  /// Runs the body while nobody else does; it must not use the same value again.
  borrowing func withLock<Result, Failure>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value.pointee)
  }
}
