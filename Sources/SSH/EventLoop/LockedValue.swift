internal import Files
internal import Glibc
internal import SystemPackage

/// A value that one thread at a time can use: `Synchronization.Mutex` with pthread_mutex_lock(3).
///
/// `Synchronization.Mutex` waits with a futex that the thread sanitizer does not see, so it reports every use
/// as a race, and suppressing those would hide true ones. The sanitizer knows pthread mutexes.
///
/// `@unchecked Sendable`: the value is used only while the mutex is held; neither pointer leaves.
struct LockedValue<Value: Sendable>: ~Copyable, @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let value: UnsafeMutablePointer<Value>

  init(_ initial: Value) {
    mutex = .allocate(capacity: 1)
    value = .allocate(capacity: 1)
    value.initialize(to: initial)
    let failure = pthread_mutex_init(mutex, nil)
    precondition(failure == 0, "cannot create a mutex: \(Errno(rawValue: failure))")
  }

  deinit {
    pthread_mutex_destroy(mutex)
    value.deinitialize(count: 1)
    value.deallocate()
    mutex.deallocate()
  }

  /// Runs the body while the value is locked; it must not lock the same value again.
  borrowing func withLock<Result, Failure>(
    _ body: (inout Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value.pointee)
  }
}
