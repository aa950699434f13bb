internal import Glibc

/// The bytes of one session, on their way from and to its socket.
///
/// libssh2 must never see a full socket: a packet that it has sent by half locks the session, and
/// no other call may send until that one is repeated with the same arguments. So what the kernel
/// does not take at once is kept here and flushed by whoever waits next; a call into libssh2 then
/// only ever blocks for want of input, and can be given up at any time.
final class Transport {
  /// More than any key exchange needs; a peer that talks on without one is cut off.
  private static let handshakeLimit = 256 * 1024

  let descriptor: Int32
  private let counters: Counters
  private var outbox: [UInt8] = []
  private var isSevered = false

  /// Bytes taken off the socket so far.
  private(set) var received = 0
  /// What the peer said first.
  private(set) var greeting: [UInt8] = []
  /// Why no more bytes will come.
  private(set) var end: End?
  var isHandshaking = true

  enum End: Equatable {
    case closedByPeer
    case failed(SystemError)
    case endlessGreeting
  }

  init(descriptor: Int32, counters: Counters) {
    self.descriptor = descriptor
    self.counters = counters
  }

  var hasUnsent: Bool { !outbox.isEmpty }

  /// From now on nothing is sent or received, and no call into libssh2 can block.
  func sever() { isSevered = true }

  /// Answers as libssh2 wants it: a count, 0 at the end, or a negative errno.
  func receive(into buffer: UnsafeMutableRawPointer, size: Int, flags: Int32) -> Int {
    if isSevered { return Int(-ECONNRESET) }
    if isHandshaking && received > Self.handshakeLimit {
      end = .endlessGreeting
      return Int(-EPROTO)
    }
    let count = recv(descriptor, buffer, size, flags)
    if count > 0 {
      noteReceived(UnsafeRawBufferPointer(start: buffer, count: count))
      return count
    }
    if count == 0 {
      end = .closedByPeer
      return 0
    }
    return -Int(noteFailure(.current))
  }

  func send(_ bytes: UnsafeRawBufferPointer, flags: Int32) -> Int {
    if isSevered { return Int(-EPIPE) }
    outbox.append(contentsOf: bytes)
    flush(flags: flags)
    if case .failed(let error) = end { return -Int(error.number) }
    return bytes.count
  }

  /// Gives the kernel as much as it takes now.
  func flush(flags: Int32 = Int32(MSG_NOSIGNAL)) {
    guard !isSevered, hasUnsent else { return }
    let count = outbox.withUnsafeBytes {
      Glibc.send(descriptor, $0.baseAddress, $0.count, flags | Int32(MSG_NOSIGNAL))
    }
    if count >= 0 {
      counters.countSent(count)
      outbox.removeFirst(count)
    } else if noteFailure(.current) != EAGAIN {
      outbox = []
    }
  }

  private func noteReceived(_ bytes: UnsafeRawBufferPointer) {
    received += bytes.count
    counters.countReceived(bytes.count)
    if greeting.count < 256 { greeting.append(contentsOf: bytes.prefix(256 - greeting.count)) }
    if bytes.count < 4096 { acknowledgeNow() }
  }

  /// A delayed acknowledgement costs 40 ms wherever the peer waits with its next small packet. The
  /// kernel forgets this option, so it is set each time.
  private func acknowledgeNow() {
    var yes: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_QUICKACK, &yes, socklen_t(MemoryLayout<Int32>.size))
  }

  private func noteFailure(_ error: SystemError) -> Int32 {
    if error.number == EAGAIN || error.number == EINTR { return EAGAIN }
    end = .failed(error)
    return error.number
  }
}
