internal import CLinux
internal import Files
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// One thread that runs the jobs of all connections, and waits for all their sockets and deadlines.
///
/// It is the executor of every `Connection`, so that no two calls into libssh2 for one session can
/// overlap, and the number of threads does not grow with the number of hosts.
final class EventLoop: SerialExecutor {
  private struct Inbox {
    var jobs: [UnownedJob] = []
    var isAsleep = false
    var isStopping = false
  }

  private let poller: Descriptor
  private let alarm: Descriptor
  private let inbox = LockedValue(Inbox())
  private let waiters = LockedValue(Waiters())
  private let lastKey = Atomic<WaitKey>(-1)

  private init(poller: consuming Descriptor, alarm: consuming Descriptor) {
    self.poller = poller
    self.alarm = alarm
  }

  /// Starts the thread, which keeps the loop alive until `stop()`.
  static func start() throws(Errno) -> EventLoop {
    let poller = try Descriptor(adopting: epoll_create1(Int32(EPOLL_CLOEXEC)))
    let alarm = try Descriptor(
      adopting: eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)))
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(fd: alarm.number))
    guard epoll_ctl(poller.number, EPOLL_CTL_ADD, alarm.number, &event) == 0 else {
      throw Errno.current
    }
    let loop = EventLoop(poller: poller, alarm: alarm)
    try DetachedThread.start { loop.run() }
    return loop
  }

  /// Ends the thread once it has nothing left to run. Call it only when nothing can enqueue jobs.
  func stop() {
    inbox.withLock { $0.isStopping = true }
    ring()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let mustRing = inbox.withLock { inbox in
      inbox.jobs.append(job)
      return inbox.isAsleep
    }
    if mustRing { ring() }
  }

  /// A new key that is not a descriptor; only `wake` wakes the tasks that wait for it.
  func issueKey() -> WaitKey { lastKey.subtract(1, ordering: .relaxed).newValue }

  /// Waits until the descriptor is ready, `wake` is called for it, the deadline passes or the task
  /// is cancelled. Several may wait for one descriptor: each event wakes them all.
  ///
  /// Runs on its caller's actor; a wake from another thread before the wait begins counts too.
  func wait(
    for interest: Interest, on key: WaitKey, until deadline: Deadline,
    isolation: isolated (any Actor)? = #isolation
  ) async -> Wakeup {
    let ticket = waiters.withLock { $0.issueTicket(for: key) }
    return await withTaskCancellationHandler {
      await withCheckedContinuation(isolation: isolation) { continuation in
        let early: Wakeup? = waiters.withLock { waiters in
          // A cancellation before this lock found no continuation to resume.
          if Task.isCancelled {
            waiters.withdraw(ticket, for: key)
            return .cancelled
          }
          let union = waiters.add(
            continuation, as: ticket, for: interest, on: key, until: deadline.instant)
          guard let union else { return .ready }
          if key >= 0 { watch(key, for: union) }
          return nil
        }
        if let early {
          continuation.resume(returning: early)
        } else if inbox.withLock({ $0.isAsleep }) {
          // Registered from another thread than the loop's, which sleeps until an older deadline.
          ring()
        }
      }
    } onCancel: {
      waiters.withLock { $0.remove(ticket) }?.resume(returning: .cancelled)
    }
  }

  /// Makes every task that waits for the key check again.
  func wake(_ key: WaitKey) {
    for continuation in waiters.withLock({ $0.removeAll(on: key) }) {
      continuation.resume(returning: .ready)
    }
  }

  private func watch(_ descriptor: Int32, for interest: Interest) {
    var events = EPOLLONESHOT.rawValue
    if interest.contains(.reading) { events |= EPOLLIN.rawValue }
    if interest.contains(.writing) { events |= EPOLLOUT.rawValue }
    var event = epoll_event(events: events, data: epoll_data(fd: descriptor))
    if epoll_ctl(poller.number, EPOLL_CTL_MOD, descriptor, &event) == 0 { return }
    guard errno == ENOENT, epoll_ctl(poller.number, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
      preconditionFailure(
        "This is a bug in deploy. Descriptor \(descriptor): \(Errno.current.description)")
    }
  }

  private func ring() {
    var one: UInt64 = 1
    // Fails only if the counter is full, and then the loop is woken already.
    _ = write(alarm.number, &one, MemoryLayout.size(ofValue: one))
  }

  private func run() {
    _ = deploy_linux_name_thread("ssh-loop")
    var events = [epoll_event](repeating: epoll_event(), count: 256)
    while true {
      let (jobs, isStopping) = inbox.withLock { inbox in
        inbox.isAsleep = false
        defer { inbox.jobs = [] }
        return (inbox.jobs, inbox.isStopping)
      }
      for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
      if isStopping && jobs.isEmpty { return }

      for continuation in waiters.withLock({ $0.removeExpired(at: .now) }) {
        continuation.resume(returning: .timedOut)
      }
      let mayRest = inbox.withLock { inbox in
        inbox.isAsleep = inbox.jobs.isEmpty && !inbox.isStopping
        return inbox.isAsleep
      }
      // Read after the sleep is announced, so that a later job wakes the loop.
      let expiry = waiters.withLock { $0.nextExpiry }
      let count = epoll_wait(
        poller.number, &events, Int32(events.count), mayRest ? milliseconds(until: expiry) : 0)
      for event in events.prefix(Int(max(count, 0))) {
        if event.data.fd == alarm.number {
          var rings: UInt64 = 0
          _ = read(alarm.number, &rings, MemoryLayout.size(ofValue: rings))
        } else {
          wake(event.data.fd)
        }
      }
    }
  }

  /// Rounded up, so that the loop does not spin in a deadline's last millisecond.
  private func milliseconds(until instant: ContinuousClock.Instant?) -> Int32 {
    guard let instant else { return -1 }
    let remaining = ContinuousClock.Instant.now.duration(to: instant)
    guard remaining > .zero else { return 0 }
    return Int32(min(remaining / .milliseconds(1) + 1, 3_600_000))
  }
}
