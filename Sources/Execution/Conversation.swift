/// What a host's script says, line by line.
enum Message: Equatable {
  /// A word and the rest of the line.
  case event(String, String)
  /// A line of some program's own words.
  case quoted(String)
}

/// Reads the messages of one script; lines that a login shell adds of its own are passed over.
actor Conversation {
  private static let marker = "@deploy "
  private static let quote = "| "

  private let process: any RemoteProcess
  private var pending: [UInt8] = []
  private var hasEnded = false

  init(_ process: any RemoteProcess) { self.process = process }

  func send(_ bytes: [UInt8]) async throws { try await process.write(bytes) }

  func closeInput() async throws { try await process.closeInput() }

  func finish() async throws -> String { try await process.finish() }

  /// Returns nil when the script has ended.
  func next(withinSeconds seconds: Int) async throws -> Message? {
    while let line = try await nextLine(withinSeconds: seconds) {
      if line.hasPrefix(Self.marker) {
        let parts = line.dropFirst(Self.marker.count)
          .split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        return .event(String(parts[0]), parts.count == 2 ? String(parts[1]) : "")
      }
      if line.hasPrefix(Self.quote) { return .quoted(String(line.dropFirst(Self.quote.count))) }
    }
    return nil
  }

  private func nextLine(withinSeconds seconds: Int) async throws -> String? {
    var searched = 0
    while true {
      if let end = pending[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeFirst(end + 1)
        return line
      }
      searched = pending.count
      guard !hasEnded, let bytes = try await process.read(withinSeconds: seconds) else {
        hasEnded = true
        return nil
      }
      pending += bytes
    }
  }
}
