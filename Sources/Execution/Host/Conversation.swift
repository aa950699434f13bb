import Diagnostics

/// What a host's script says, line by line.
enum Message: Equatable {
  /// A word and the rest of the line, as the host said it.
  case event(String, String)
  /// A line of some program's own words, fit to be shown.
  case quoted(String)
}

/// How a script ended that did not say its last message.
struct EarlyEnd: Equatable {
  /// Whether the script began at all.
  var hasBegun: Bool
  /// What was said instead, fit to be shown: on standard output as long as the script had not begun, and
  /// on standard error.
  var words: String
}

/// Reads the messages of one script within a budget. What comes before its first message is not the
/// script's, and what comes after its last is not read.
actor Conversation {
  private static let beginning = Array(RemoteScript.beginning.utf8)
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
  private var hasBegun = false
  /// The last lines that came before the script began: of start-up files, or of what runs in its place.
  private var preface: [HostText] = []
  private static let mostPreface = 5
  /// Why the host did not take the whole script.
  private var unsent: (any Error)?

  /// Starts a script on a host and sends it there.
  static func start(
    _ script: RemoteScript, _ arguments: [String], on host: any RemoteHost, becoming: Bool,
    _ budget: Budget
  ) async throws -> Conversation {
    let program = script.program(arguments)
    let command = script.command(reading: program.count, becoming: becoming)
    let conversation = Conversation(try await host.start(command), budget)
    await conversation.introduce(program)
    return conversation
  }

  /// An account that runs something else does not read to the end: what it says counts for more.
  private func introduce(_ program: [UInt8]) async {
    do { try await send(program) } catch { unsent = error }
  }

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

  /// Waits for the end of a script that did not say its last message.
  func finish() async throws -> EarlyEnd {
    let complaint = HostText.lines(of: try await inTime { try await $0.finish(within: $1) })
    if let unsent, preface.isEmpty, complaint.isEmpty { throw unsent }
    return EarlyEnd(
      hasBegun: hasBegun, words: (preface + complaint).map(\.text).joined(separator: "\n"))
  }

  /// Whether the script began: it reads what is sent from here on, and nothing else does.
  func begins() async throws -> Bool {
    while !hasBegun, let line = try await nextLine() {
      hasBegun = line.elementsEqual(Self.beginning)
      if hasBegun { preface = [] } else { note(line) }
    }
    return hasBegun
  }

  private func note(_ line: some Collection<UInt8>) {
    let text = HostText(line, limit: 200)
    guard !text.isEmpty else { return }
    if preface.count == Self.mostPreface { preface.removeFirst() }
    preface.append(text)
  }

  /// Returns nil when the script has ended.
  func next() async throws -> Message? {
    guard try await begins() else { return nil }
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

  private var late: ConversationFault {
    .tooLate(after: start.duration(to: deadline), heard)
  }

  /// What has come before the script began, with a line that has no end yet, such as a prompt.
  private var heard: [HostText] {
    guard !hasBegun else { return [] }
    let rest = HostText(pending[next...], limit: 200)
    return rest.isEmpty ? preface : preface + [rest]
  }

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
        // A line whose end does not come is no message, but it may say why.
        if !hasBegun { note(pending) }
        pending = []
        return nil
      }
      received += bytes.count
      guard received <= budget.bytes else {
        throw ConversationFault.tooMuch("an answer", limit: budget.bytes, heard)
      }
      pending += bytes
    }
  }

  private var lineTooLong: ConversationFault {
    .tooMuch("a line", limit: budget.longestLine, heard)
  }
}
