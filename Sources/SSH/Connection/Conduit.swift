internal import Glibc

/// One direct-tcpip channel (RFC 4254, 7.2) and the bytes on their way through it.
///
/// Sendable without a lock because only the event loop's thread touches it: the connection that
/// carries it and whoever reads and writes it are actors on one loop.
final class Conduit: @unchecked Sendable {
  /// What is taken from a writer before the host has taken any of it.
  private static let outboxLimit = 512 * 1024

  /// Those who wait for these bytes are woken by it.
  let key: WaitKey
  private let channel: Channel
  private let loop: EventLoop
  /// Wakes the connection that carries this conduit.
  private let connectionKey: WaitKey
  private var outbox: [UInt8] = []
  private var isEndWanted = false
  private var isEndSent = false
  /// Why nothing goes through any more.
  private(set) var failure: SSHError?

  init(_ channel: Channel, loop: EventLoop, connectionKey: WaitKey) {
    self.channel = channel
    self.loop = loop
    self.connectionKey = connectionKey
    self.key = loop.issueKey()
  }

  var hasUnsent: Bool { !outbox.isEmpty }

  /// Moves bytes both ways; answers 0, or libssh2's error that breaks the whole connection.
  ///
  /// - Parameter mustRead: reads the transport, instead of looking only at what has come already.
  func carry(mustRead: Bool) -> Int32 {
    guard failure == nil else { return 0 }
    let before = (channel.output.count, channel.isOutputEnded, outbox.count)
    if !channel.isOutputEnded && (mustRead || channel.mayBeRead) {
      let status = channel.pump()
      guard status == 0 else { return status }
    }
    let status = flush()
    guard status == 0 else { return status }
    if before != (channel.output.count, channel.isOutputEnded, outbox.count) { loop.wake(key) }
    return 0
  }

  /// Whether a read through this conduit would read the transport.
  var canRead: Bool { failure == nil && !channel.isFull && !channel.isOutputEnded }

  private func flush() -> Int32 {
    while !outbox.isEmpty {
      let count = channel.write(outbox[...])
      if count == 0 || count == channel.wouldBlock { return 0 }
      guard count > 0 else {
        // What the peer has closed fails alone; what broke the transport is found by the next read.
        outbox = []
        return 0
      }
      outbox.removeFirst(count)
    }
    guard isEndWanted && !isEndSent else { return 0 }
    let status = channel.sendEnd()
    if status == Int32(channel.wouldBlock) { return 0 }
    isEndSent = true
    return status
  }

  /// The connection has ended, or the stream was closed.
  func fail(_ error: SSHError) {
    guard failure == nil else { return }
    failure = error
    outbox = []
    loop.wake(key)
  }

  /// Answers like recv(2) on a non-blocking socket, with a negative errno.
  func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let wasFull = channel.isFull
    let count = channel.takeOutput(into: buffer)
    if wasFull { loop.wake(connectionKey) }
    if count > 0 { return count }
    if channel.isOutputEnded { return 0 }
    return failure == nil ? -Int(EAGAIN) : -Int(ECONNRESET)
  }

  func takeAll() -> [UInt8]? {
    let wasFull = channel.isFull
    let bytes = channel.takeOutput()
    if wasFull { loop.wake(connectionKey) }
    return bytes.isEmpty && !channel.isOutputEnded ? nil : bytes
  }

  /// Answers like send(2) on a non-blocking socket, with a negative errno.
  func put(_ bytes: UnsafeRawBufferPointer) -> Int {
    if failure != nil || isEndWanted { return -Int(EPIPE) }
    let room = max(0, Self.outboxLimit - outbox.count)
    guard room > 0 else { return -Int(EAGAIN) }
    outbox.append(contentsOf: bytes.prefix(room))
    loop.wake(connectionKey)
    return min(room, bytes.count)
  }

  func end() {
    isEndWanted = true
    loop.wake(connectionKey)
  }

  /// Closes and frees; EAGAIN means that the peer has not yet agreed, and must be called again.
  func free() -> Int32 { channel.free() }
}
