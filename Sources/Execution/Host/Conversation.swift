import Diagnostics
import Logging

/// The end of a call of the host program that did not send its last message.
struct EarlyEnd: Equatable {
  /// Whether the launcher started.
  var hasBegun: Bool
  /// What the host sent instead, safe to display: its standard output before the launcher started, and its
  /// standard error.
  var words: String
}

/// One call of the host program: reads its messages within a budget. Output before its first message is not
/// the program's, and output after its last message is not read.
actor Conversation {
  static let marker = "@deploy "
  private static let markerBytes = Array(marker.utf8)
  private static let beginning = Array((marker + OpeningMessage.Word.begin.rawValue).utf8)
  private static let quote = Array("| ".utf8)

  private let process: any RemoteProcess
  /// The program, until the host has asked for it: it is sent once.
  private var unsentProgram: HostProgram?
  private let clock = ContinuousClock()
  private var budget: Budget
  private var start: ContinuousClock.Instant
  private var deadline: ContinuousClock.Instant
  private var received = 0
  /// The bytes received; those from `next` on are not read yet.
  private var pending: [UInt8] = []
  private var next = 0
  private var hasEnded = false
  private var hasBegun = false
  private var isOpen = false
  /// The last lines before the launcher started: of shell start-up files, or of a program run instead.
  private var preface: [HostText] = []
  private static let mostPreface = 5
  private let log: Logger
  /// How much detail the messages are: a survey has hundreds.
  private var level: Logger.Level
  private static let longestLogged = 200
  /// Why not everything could be sent to the host.
  private var unsent: (any Error)?

  /// Calls the host program, and sends it if the host does not have it.
  static func start(
    _ command: HostCommand, of program: HostProgram, on host: any RemoteHost, becoming: Bool,
    _ budget: Budget, log: Logger = HostPool.silent
  ) async throws -> Conversation {
    log.debug("calls \(command.name)")
    let process = try await host.start(HostCall.line(for: command, becoming: becoming))
    let conversation = Conversation(process, program, budget, log: log, level: command.logLevel)
    await conversation.introduce(HostCall(command: command, program: program).launcher)
    return conversation
  }

  /// Makes the program, which has finished its call, begin with another one.
  ///
  /// - Returns: false if it has ended in the meantime, and has begun nothing.
  func goOn(with command: HostCommand, of program: HostProgram, _ budget: Budget) async -> Bool {
    begin(budget)
    isOpen = false
    level = command.logLevel
    do {
      log.debug("calls \(command.name) in the same process")
      try await send(HostCall(command: command, program: program).nextLine)
      return try await opens()
    } catch {
      return false
    }
  }

  /// Lets a program that waits for another call end, and waits for that: a host may allow one program at a time.
  func end(_ budget: Budget) async {
    begin(budget)
    do {
      try await closeInput()
      _ = try await finish()
    } catch {
      log.debug("has ended without an answer: \(error)")
    }
  }

  /// An account that runs another program does not read everything: its output is more useful than the error.
  private func introduce(_ bytes: [UInt8]) async {
    do { try await send(bytes) } catch { unsent = error }
  }

  init(
    _ process: any RemoteProcess, _ program: HostProgram, _ budget: Budget,
    log: Logger = HostPool.silent, level: Logger.Level = .debug
  ) {
    self.process = process
    (self.log, self.level) = (log, level)
    unsentProgram = program
    self.budget = budget
    start = clock.now
    deadline = start.advanced(by: budget.time)
  }

  /// Begins another phase with a new budget.
  func begin(_ budget: Budget) {
    self.budget = budget
    received = 0
    start = clock.now
    deadline = start.advanced(by: budget.time)
  }

  func send(_ bytes: [UInt8]) async throws {
    log.debug("is sent \(bytes.count) bytes")
    try await inTime { try await $0.write(bytes, within: $1) }
  }

  /// Sends bytes with a short time limit, so that other hosts are not delayed.
  func send(_ bytes: [UInt8], within limit: Duration) async throws {
    try await process.write(bytes, within: limit)
  }

  func closeInput() async throws {
    try await inTime { try await $0.closeInput(within: $1) }
  }

  /// Waits for the end of a call that did not send its last message.
  func finish() async throws -> EarlyEnd {
    let complaint = HostText.lines(of: try await inTime { try await $0.finish(within: $1) })
    for line in complaint { log.debug("complains: \(line)") }
    if let unsent, preface.isEmpty, complaint.isEmpty { throw unsent }
    return EarlyEnd(
      hasBegun: hasBegun, words: (preface + complaint).map(\.text).joined(separator: "\n"))
  }

  /// Waits until the program runs and reads its input. Returns false if the call ends before.
  ///
  /// The program is sent only on request, because a `head` that reads ahead would consume it.
  func opens() async throws -> Bool {
    while !isOpen {
      guard try await begins(), let line = try await nextLine() else { return false }
      guard let (word, value) = Self.event(line) else { continue }
      note(word, value)
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
    log.debug("prints before the program: \(text)")
    if preface.count == Self.mostPreface { preface.removeFirst() }
    preface.append(text)
  }

  /// Logs a message, of which a host may have sent megabytes.
  private func note(_ word: String, _ value: String) {
    log.log(
      level: level,
      "says \(HostText(word, limit: Self.longestLogged)) \(HostText(value, limit: Self.longestLogged))"
    )
  }

  /// Returns nil when the call has ended.
  func next<Message: HostMessage>(
    _ kind: Message.Type = Message.self
  ) async throws -> Said<Message>? {
    guard try await opens() else { return nil }
    while let line = try await nextLine() {
      if let (word, value) = Self.event(line) {
        let message: Message
        do {
          message = try Message(word: word, value: value)
        } catch {
          note(word, "(\(value.utf8.count) bytes)")
          throw error
        }
        note(word, message.quotesFile ? "(\(value.utf8.count) bytes)" : value)
        if message.isHeartbeat { extend() }
        return .message(message)
      }
      if line.starts(with: Self.quote) {
        let text = HostText(line.dropFirst(Self.quote.count))
        log.log(level: level, "quotes \(text)")
        return .quoted(text.text)
      }
    }
    return nil
  }

  /// The first word of a message and the rest of its line; nil for any other line.
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

  /// The output before the launcher started, including an unfinished line such as a prompt.
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
        // An unfinished line is not a message, but it may contain the reason.
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

extension HostCommand {
  /// How much detail the messages of a call are.
  fileprivate var logLevel: Logger.Level { isReading ? .trace : .debug }
}
