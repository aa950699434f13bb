/// What a host's script says, line by line.
enum Message: Equatable {
  /// A word and the rest of the line.
  case event(String, String)
  /// A line of some program's own words.
  case quoted(String)
}

/// Reads the messages of one script; lines that a login shell adds of its own are passed over.
actor Conversation {
  private static let marker = Array("@deploy ".utf8)
  private static let quote = Array("| ".utf8)

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
      if line.starts(with: Self.marker) {
        let parts = line.dropFirst(Self.marker.count)
          .split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
          .map { String(decoding: $0, as: UTF8.self) }
        return .event(parts[0], parts.count == 2 ? parts[1] : "")
      }
      if line.starts(with: Self.quote) {
        return .quoted(String(decoding: line.dropFirst(Self.quote.count), as: UTF8.self))
      }
    }
    return nil
  }

  private func nextLine(withinSeconds seconds: Int) async throws -> [UInt8]? {
    var searched = 0
    while true {
      if let end = pending[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(pending[..<end])
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
