internal import HeapModule

/// Why a wait ended.
enum Wakeup: Sendable {
  case ready
  case timedOut
  case cancelled
}

/// What a descriptor is waited for.
struct Interest: OptionSet {
  let rawValue: UInt8
  static let reading = Interest(rawValue: 1)
  static let writing = Interest(rawValue: 2)
}

/// Who waits for which descriptor, and until when.
struct Waiters {
  typealias Ticket = UInt64
  typealias Continuation = CheckedContinuation<Wakeup, Never>

  private struct Waiter {
    let continuation: Continuation
    let descriptor: Int32
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

  mutating func issueTicket() -> Ticket {
    lastTicket += 1
    return lastTicket
  }

  /// Answers with what the descriptor must now be watched for, by all its waiters together.
  mutating func add(
    _ continuation: Continuation, as ticket: Ticket, for interest: Interest,
    on descriptor: Int32, until instant: ContinuousClock.Instant
  ) -> Interest {
    waiters[ticket] = Waiter(
      continuation: continuation, descriptor: descriptor, interest: interest)
    tickets[descriptor, default: []].insert(ticket)
    expiries.insert(Expiry(instant: instant, ticket: ticket))
    discardStaleExpiries()
    return tickets[descriptor, default: []].reduce(into: []) { union, ticket in
      union.formUnion(waiters[ticket]?.interest ?? [])
    }
  }

  mutating func remove(_ ticket: Ticket) -> Continuation? {
    guard let waiter = waiters.removeValue(forKey: ticket) else { return nil }
    tickets[waiter.descriptor]?.remove(ticket)
    if tickets[waiter.descriptor]?.isEmpty == true {
      tickets[waiter.descriptor] = nil
    }
    return waiter.continuation
  }

  mutating func removeAll(on descriptor: Int32) -> [Continuation] {
    (tickets.removeValue(forKey: descriptor) ?? []).compactMap {
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

  /// May be the deadline of a wait that has ended already: waking too early harms nobody.
  var nextExpiry: ContinuousClock.Instant? { expiries.min?.instant }

  /// A heap cannot drop from its middle, and most waits end long before their deadline.
  private mutating func discardStaleExpiries() {
    guard expiries.count > 2 * waiters.count + 1024 else { return }
    expiries = Heap(expiries.unordered.filter { waiters[$0.ticket] != nil })
  }
}
