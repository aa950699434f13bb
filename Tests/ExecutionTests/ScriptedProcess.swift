import Synchronization

@testable import Execution

/// A process with a fixed output, independent of its input.
actor ScriptedProcess: RemoteProcess {
  enum Reading: Sendable { case all, refuses, never }

  struct Late: Error, CustomStringConvertible { let description = "no answer in time" }

  /// The bytes that were taken from one process, at most.
  static let most = Mutex(0)

  private var pieces: ArraySlice<Piece>
  private let reading: Reading
  private let complaint: [UInt8]
  private var taken = 0

  init(_ pieces: [Piece], reading: Reading = .all, complaint: [UInt8] = []) {
    self.pieces = pieces[...]
    self.reading = reading
    self.complaint = complaint
  }

  init(saying lines: [String]) {
    self.init([.bytes((["begin", "version 1"] + lines).flatMap { Array("@deploy \($0)\n".utf8) })])
  }

  func write(_ bytes: [UInt8], within limit: Duration) async throws {
    switch reading {
    case .all: return
    case .refuses: throw Lost()
    case .never: try await expire(limit)
    }
  }

  func closeInput(within limit: Duration) async throws {
    if case .never = reading { try await expire(limit) }
  }

  func read(within limit: Duration) async throws -> [UInt8]? {
    switch pieces.first {
    case nil: return nil
    case .lost: throw Lost()
    case .silence: try await expire(limit)
    case .pause(let time):
      guard time < limit else { try await expire(limit) }
      pieces.removeFirst()
      try await Task.sleep(for: time)
      return try await read(within: limit - time)
    case .endless(let bytes):
      // A host that floods is as fast as the controller, one that speaks word by word is not.
      if bytes.count > 1 { try await Task.sleep(for: .milliseconds(1)) }
      return take(bytes.count > 1 ? bytes : [UInt8](repeating: bytes[0], count: 64 * 1024))
    case .bytes(let bytes):
      pieces.removeFirst()
      return take(bytes)
    }
  }

  func finish(within limit: Duration) async throws -> [UInt8] {
    if case .never = reading { try await expire(limit) }
    return complaint
  }

  private func take(_ bytes: [UInt8]) -> [UInt8] {
    taken += bytes.count
    Self.most.withLock { $0 = max($0, taken) }
    return bytes
  }

  private func expire(_ limit: Duration) async throws -> Never {
    try await Task.sleep(for: limit)
    throw Late()
  }
}
