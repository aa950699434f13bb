internal import HeapModule

/// Why a wait ended.
enum Wakeup: Sendable {
  case ready
  case timedOut
  case cancelled
}

/// Identifies what is waited for: a descriptor, or a negative number for anything else.
typealias WaitKey = Int32

/// The events that a descriptor is waited for.
struct Interest: OptionSet {
  let rawValue: UInt8
  static let reading = Interest(rawValue: 1)
  static let writing = Interest(rawValue: 2)
}

/// The tasks that wait, for which descriptor, and until when.
struct Waiters {
  typealias Ticket = UInt64
  typealias Continuation = CheckedContinuation<Wakeup, Never>

  private struct Waiter {
    let continuation: Continuation
    let key: WaitKey
    let interest: Interest
  }

  private struct Expiry: Comparable {
    let instant: ContinuousClock.Instant
    let ticket: Ticket

    static func < (left: Expiry, right: Expiry) -> Bool { left.instant < right.instant }
  }

  private var lastTicket: Ticket = 0
  private var waiters: [Ticket: Waiter] = [:]
  private var tickets: [Int32: Set<Ticket>] = [:]
  private var expiries = Heap<Expiry>()

  /// Announces a wait: from here on, a wake of the key ends it.
  mutating func issueTicket(for key: WaitKey) -> Ticket {
    lastTicket += 1
    tickets[key, default: []].insert(lastTicket)
    return lastTicket
  }

  /// Withdraws an announcement.
  mutating func withdraw(_ ticket: Ticket, for key: WaitKey) {
    tickets[key]?.remove(ticket)
    if tickets[key]?.isEmpty == true { tickets[key] = nil }
  }

  /// Adds a wait. Returns the events that the descriptor must now be watched for, for all its waiters; nil if
  /// the key was woken since the ticket was issued.
  mutating func add(
    _ continuation: Continuation, as ticket: Ticket, for interest: Interest,
    on key: WaitKey, until instant: ContinuousClock.Instant
  ) -> Interest? {
    guard tickets[key]?.contains(ticket) == true else { return nil }
    waiters[ticket] = Waiter(
      continuation: continuation, key: key, interest: interest)
    expiries.insert(Expiry(instant: instant, ticket: ticket))
    discardStaleExpiries()
    return tickets[key, default: []].reduce(into: []) { union, ticket in
      union.formUnion(waiters[ticket]?.interest ?? [])
    }
  }

  mutating func remove(_ ticket: Ticket) -> Continuation? {
    guard let waiter = waiters.removeValue(forKey: ticket) else { return nil }
    withdraw(ticket, for: waiter.key)
    return waiter.continuation
  }

  mutating func removeAll(on key: WaitKey) -> [Continuation] {
    (tickets.removeValue(forKey: key) ?? []).compactMap {
      waiters.removeValue(forKey: $0)?.continuation
    }
  }

  mutating func removeExpired(at now: ContinuousClock.Instant) -> [Continuation] {
    var expired: [Continuation] = []
    while let first = expiries.min, first.instant <= now {
      expiries.removeMin()
      if let continuation = remove(first.ticket) { expired.append(continuation) }
    }
    return expired
  }

  /// May be the deadline of a wait that has ended already: waking too early does no harm.
  var nextExpiry: ContinuousClock.Instant? { expiries.min?.instant }

  /// A heap cannot remove from its middle, and most waits end long before their deadline.
  private mutating func discardStaleExpiries() {
    guard expiries.count > 2 * waiters.count + 1024 else { return }
    expiries = Heap(expiries.unordered.filter { waiters[$0.ticket] != nil })
  }
}
