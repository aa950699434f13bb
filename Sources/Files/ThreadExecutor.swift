internal import Dispatch
internal import Synchronization

/// Runs an actor's jobs one after the other on a thread of its own, so that they may block: on a disk, or on a
/// server that does not answer.
package final class ThreadExecutor: SerialExecutor {
  /// What the thread shares with those that give it work; the thread does not keep the executor alive.
  private final class Queue: Sendable {
    let jobs = Mutex<[UnownedJob?]>([])
    let isFilled = DispatchSemaphore(value: 0)

    func add(_ job: UnownedJob?) {
      jobs.withLock { $0.append(job) }
      isFilled.signal()
    }

    /// Waits for the next job; nil at the end.
    func next() -> UnownedJob? {
      isFilled.wait()
      return jobs.withLock { $0.removeFirst() }
    }
  }

  private let queue = Queue()

  package init() {
    // The executor of its jobs is only their identity: it lives as long as the actor that adds them.
    let identity = asUnownedSerialExecutor()
    Task.detached { [queue] in
      try await onItsOwnThread {
        while let job = queue.next() { job.runSynchronously(on: identity) }
      }
    }
  }

  deinit { queue.add(nil) }

  package func enqueue(_ job: consuming ExecutorJob) { queue.add(UnownedJob(job)) }
}
