import Diagnostics

/// What a host's script says, line by line.
enum Message: Equatable {
  /// A word and the rest of the line, as the host said it.
  case event(String, String)
  /// A line of some program's own words, fit to be shown.
  case quoted(String)
}

/// Reads the messages of one script within a budget; lines that a login shell adds of its own are passed
/// over.
actor Conversation {
  private static let marker = Array("@deploy ".utf8)
  private static let quote = Array("| ".utf8)
  /// What a host says that is busy with something else before it begins.
  private static let heartbeats: Set = ["waiting", "recovering"]

  private let process: any RemoteProcess
  private let clock = ContinuousClock()
  private var budget: Budget
  private var start: ContinuousClock.Instant
  private var deadline: ContinuousClock.Instant
  private var received = 0
  /// What has come and is not read yet begins at `next`.
  private var pending: [UInt8] = []
  private var next = 0
  private var hasEnded = false

  init(_ process: any RemoteProcess, _ budget: Budget) {
    self.process = process
    self.budget = budget
    start = clock.now
    deadline = start.advanced(by: budget.time)
  }

  /// Begins another phase, with a budget of its own.
  func begin(_ budget: Budget) {
    self.budget = budget
    received = 0
    start = clock.now
    deadline = start.advanced(by: budget.time)
  }

  func send(_ bytes: [UInt8]) async throws {
    try await inTime { try await $0.write(bytes, within: $1) }
  }

  /// Sends what must not hold up anything else.
  func send(_ bytes: [UInt8], within limit: Duration) async throws {
    try await process.write(bytes, within: limit)
  }

  func closeInput() async throws {
    try await inTime { try await $0.closeInput(within: $1) }
  }

  /// Waits for the script's end, and returns the last of what it wrote on standard error.
  func finish() async throws -> String {
    HostText.lines(of: try await inTime { try await $0.finish(within: $1) })
      .map(\.text).joined(separator: "\n")
  }

  /// Returns nil when the script has ended.
  func next() async throws -> Message? {
    while let line = try await nextLine() {
      if line.starts(with: Self.marker) {
        let parts = line.dropFirst(Self.marker.count)
          .split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
          .map { String(decoding: $0, as: UTF8.self) }
        if Self.heartbeats.contains(parts[0]) { extend() }
        return .event(parts[0], parts.count == 2 ? parts[1] : "")
      }
      if line.starts(with: Self.quote) {
        return .quoted(HostText(line.dropFirst(Self.quote.count)).text)
      }
    }
    return nil
  }

  private func extend() {
    deadline = min(
      max(deadline, clock.now.advanced(by: budget.time)), start.advanced(by: budget.patience))
  }

  private func inTime<Value: Sendable>(
    _ body: (any RemoteProcess, Duration) async throws -> Value
  ) async throws -> Value {
    let limit = clock.now.duration(to: deadline)
    guard limit > .zero else { throw late }
    do {
      return try await body(process, limit)
    } catch {
      throw clock.now < deadline || Task.isCancelled ? error : late
    }
  }

  private var late: ConversationFault { .tooLate(after: start.duration(to: deadline)) }

  private func nextLine() async throws -> ArraySlice<UInt8>? {
    var searched = next
    while true {
      if let end = pending[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = pending[next..<end]
        next = end + 1
        guard line.count <= budget.longestLine else { throw lineTooLong }
        return line
      }
      pending.removeFirst(next)
      next = 0
      searched = pending.count
      guard searched <= budget.longestLine else { throw lineTooLong }
      guard !hasEnded, let bytes = try await inTime({ try await $0.read(within: $1) }) else {
        hasEnded = true
        return nil
      }
      received += bytes.count
      guard received <= budget.bytes else {
        throw ConversationFault.tooMuch("an answer", limit: budget.bytes)
      }
      pending += bytes
    }
  }

  private var lineTooLong: ConversationFault { .tooMuch("a line", limit: budget.longestLine) }
}
