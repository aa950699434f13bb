import Diagnostics

/// How a call of the host program ended that did not say its last message.
struct EarlyEnd: Equatable {
  /// Whether the launcher began at all.
  var hasBegun: Bool
  /// What was said instead, fit to be shown: on standard output as long as the launcher had not begun, and
  /// on standard error.
  var words: String
}

/// Reads the messages of one call of the host program within a budget. What comes before its first message is
/// not the program's, and what comes after its last is not read.
actor Conversation {
  static let marker = "@deploy "
  private static let markerBytes = Array(marker.utf8)
  private static let beginning = Array((marker + OpeningMessage.Word.begin.rawValue).utf8)
  private static let quote = Array("| ".utf8)

  private let process: any RemoteProcess
  /// Until the host has asked for it: it gets the program once.
  private var unsentProgram: HostProgram?
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
  private var isOpen = false
  /// The last lines that came before the launcher began: of start-up files, or of what runs in its place.
  private var preface: [HostText] = []
  private static let mostPreface = 5
  /// Why the host did not take all that it was sent.
  private var unsent: (any Error)?

  /// Calls the host program, which is sent there if the host does not have it.
  static func start(
    _ command: HostCommand, of program: HostProgram, on host: any RemoteHost, becoming: Bool,
    _ budget: Budget
  ) async throws -> Conversation {
    let call = HostCall(command: command, program: program)
    let launcher = call.launcher
    let process = try await host.start(call.line(reading: launcher.count, becoming: becoming))
    let conversation = Conversation(process, program, budget)
    await conversation.introduce(launcher)
    return conversation
  }

  /// An account that runs something else does not read to the end: what it says counts for more.
  private func introduce(_ bytes: [UInt8]) async {
    do { try await send(bytes) } catch { unsent = error }
  }

  init(_ process: any RemoteProcess, _ program: HostProgram, _ budget: Budget) {
    self.process = process
    unsentProgram = program
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

  /// Waits for the end of a call that did not say its last message.
  func finish() async throws -> EarlyEnd {
    let complaint = HostText.lines(of: try await inTime { try await $0.finish(within: $1) })
    if let unsent, preface.isEmpty, complaint.isEmpty { throw unsent }
    return EarlyEnd(
      hasBegun: hasBegun, words: (preface + complaint).map(\.text).joined(separator: "\n"))
  }

  /// Waits until the program runs: it reads what is sent from here on, and nothing else does. False if the
  /// call ends before.
  ///
  /// A `head` that reads ahead would take what follows, so the program is sent only when it is asked for.
  func opens() async throws -> Bool {
    while !isOpen {
      guard try await begins(), let line = try await nextLine() else { return false }
      guard let (word, value) = Self.event(line) else { continue }
      switch try OpeningMessage(word: word, value: value) {
      case .begin: break
      case .missing:
        guard let program = unsentProgram else {
          throw ConversationFault.unexpected(word, "though the program was sent")
        }
        unsentProgram = nil
        await introduce(program.text)
      case .version(let version):
        guard version == HostProtocol.version else { throw ConversationFault.otherVersion(version) }
        isOpen = true
      case .rejected(let why): throw ConversationFault.rejected(why)
      }
    }
    return true
  }

  private func begins() async throws -> Bool {
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

  /// Returns nil when the call has ended.
  func next<Message: HostMessage>(
    _ kind: Message.Type = Message.self
  ) async throws -> Said<Message>? {
    guard try await opens() else { return nil }
    while let line = try await nextLine() {
      if let (word, value) = Self.event(line) {
        let message = try Message(word: word, value: value)
        if message.isHeartbeat { extend() }
        return .message(message)
      }
      if line.starts(with: Self.quote) {
        return .quoted(HostText(line.dropFirst(Self.quote.count)).text)
      }
    }
    return nil
  }

  /// The word of a message and the rest of its line; nil for any other line.
  private static func event(_ line: ArraySlice<UInt8>) -> (word: String, rest: String)? {
    guard line.starts(with: markerBytes) else { return nil }
    let text = String(decoding: line.dropFirst(markerBytes.count), as: UTF8.self)
    return HostValues.divided(text)
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

  /// What has come before the launcher began, with a line that has no end yet, such as a prompt.
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
