internal import Glibc

/// One direct-tcpip channel (RFC 4254, 7.2) with its buffers: the inside of a ``ByteStream``. The
/// connection that carries it makes it.
///
/// Sendable without a lock because only the event loop's thread touches it: the connection that
/// carries it and the actors that read and write it run on one loop.
final class Conduit: @unchecked Sendable {
  /// How many bytes are accepted from a writer before the host has taken any of them.
  private static let outboxLimit = 512 * 1024

  /// Wakes the tasks that wait for these bytes.
  let key: WaitKey
  private let channel: Channel
  private let loop: EventLoop
  /// Wakes the connection that carries this conduit.
  private let connectionKey: WaitKey
  private var outbox: [UInt8] = []
  private var isEndWanted = false
  private var isEndSent = false
  /// Why nothing can be carried any longer.
  private(set) var failure: SSHError?

  init(_ channel: Channel, loop: EventLoop, connectionKey: WaitKey) {
    self.channel = channel
    self.loop = loop
    self.connectionKey = connectionKey
    self.key = loop.issueKey()
  }

  var hasUnsent: Bool { !outbox.isEmpty }

  /// Moves bytes both ways; returns 0, or the libssh2 error that breaks the whole connection.
  ///
  /// - Parameter mustRead: whether to read the transport, or look only at data that has already arrived.
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

  /// Whether reading through this conduit would read the transport.
  var canRead: Bool { failure == nil && !channel.isFull && !channel.isOutputEnded }

  private func flush() -> Int32 {
    while !outbox.isEmpty {
      let count = channel.write(outbox[...])
      if count == 0 || count == channel.wouldBlock { return 0 }
      guard count > 0 else {
        // If the peer closed the channel, only this fails; a broken transport is found by the next read.
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

  /// Records why the conduit failed: the connection ended, or the stream was closed.
  func fail(_ error: SSHError) {
    guard failure == nil else { return }
    failure = error
    outbox = []
    loop.wake(key)
  }

  /// Behaves like recv(2) on a non-blocking socket, with a negative errno.
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

  /// Behaves like send(2) on a non-blocking socket, with a negative errno.
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

  /// Closes and frees the channel; EAGAIN means that the peer has not yet agreed: call it again.
  func free() -> Int32 { channel.free() }
}
