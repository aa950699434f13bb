internal import Files
internal import Glibc
internal import SystemPackage

/// The bytes of one session between libssh2 and its stream.
///
/// libssh2 must never see a full socket: a packet that it has sent only in part locks the session, and
/// no other call may send until that one is repeated with the same arguments. So what the stream
/// does not take at once is kept here and flushed by the next task that waits; a call into libssh2
/// then only blocks if it needs input, and can be given up at any time.
final class Transport {
  /// More than any greeting, key exchange and login need; a peer that sends more is
  /// disconnected.
  private static let loginLimit = 512 * 1024
  /// How much one call into libssh2 may read from the stream: it reads as long as data arrives, which
  /// must not keep the thread from other hosts and from deadlines.
  private static let callLimit = 1024 * 1024

  /// The longest version line that a peer may send (RFC 4253, 4.2), and one byte.
  static let versionLimit = 256

  private let rawStream: any RawStream
  private let counters: Counters
  private var outbox: [UInt8] = []
  private var isSevered = false

  /// Bytes read from the stream so far.
  private(set) var received = 0
  /// The first bytes from the peer: its offer of algorithms until the login, its version after
  /// it.
  private(set) var greeting: [UInt8] = []
  /// Why no further bytes will come.
  private(set) var end: End?
  /// True until the user is logged in.
  var isLoggingIn = true {
    didSet { if !isLoggingIn { greeting = Array(greeting.prefix(Self.versionLimit)) } }
  }
  /// What is left for the current call into libssh2.
  private var allowance = callLimit
  /// Keepalives since the last data from the peer.
  var unansweredKeepalives = 0
  /// Whether reads fail, so that the libssh2 call that waits for an answer gives up.
  var isInterrupted = false
  /// The secret with which libssh2's callback answers prompts; kept only while they are answered.
  var hiddenAnswer: [UInt8]?

  enum End: Equatable {
    case closedByPeer
    case failed(Errno)
    case endlessGreeting
  }

  init(_ rawStream: any RawStream, counters: Counters) {
    self.rawStream = rawStream
    self.counters = counters
  }

  var key: WaitKey { rawStream.key }
  /// The stream's own reason for its end, if it knows more than an errno.
  var streamFailure: String? { rawStream.failure }

  var hasUnsent: Bool { !outbox.isEmpty }

  /// Starts the count for another call into libssh2.
  func beginCall() { allowance = Self.callLimit }

  /// From now on nothing is sent or received, so no call into libssh2 can block.
  func sever() { isSevered = true }

  /// Returns what libssh2 expects: a count, 0 at the end, or a negative errno.
  func receive(into buffer: UnsafeMutableRawPointer, size: Int, flags: Int32) -> Int {
    if isSevered { return Int(-ECONNRESET) }
    if isInterrupted { return Int(-ECANCELED) }
    guard allowance > 0 else { return Int(-EAGAIN) }
    if isLoggingIn && received > Self.loginLimit {
      end = .endlessGreeting
      return Int(-EPROTO)
    }
    let count = rawStream.receive(into: buffer, size: size, flags: flags)
    if count > 0 {
      noteReceived(UnsafeRawBufferPointer(start: buffer, count: count))
      return count
    }
    if count == 0 {
      end = .closedByPeer
      return 0
    }
    return -Int(noteFailure(Errno(rawValue: Int32(-count))))
  }

  func send(_ bytes: UnsafeRawBufferPointer, flags: Int32) -> Int {
    if isSevered { return Int(-EPIPE) }
    outbox.append(contentsOf: bytes)
    flush(flags: flags)
    if case .failed(let error) = end { return -Int(error.rawValue) }
    return bytes.count
  }

  /// Sends as much as the stream takes now.
  func flush(flags: Int32 = Int32(MSG_NOSIGNAL)) {
    guard !isSevered, hasUnsent else { return }
    let count = outbox.withUnsafeBytes { rawStream.send($0, flags: flags) }
    if count >= 0 {
      counters.countSent(count)
      // An emptied buffer frees its memory: a thousand sessions would each keep that of a whole script.
      if count == outbox.count { outbox = [] } else { outbox.removeFirst(count) }
    } else if noteFailure(Errno(rawValue: Int32(-count))) != EAGAIN {
      outbox = []
    }
  }

  private func noteReceived(_ bytes: UnsafeRawBufferPointer) {
    received += bytes.count
    allowance -= bytes.count
    unansweredKeepalives = 0
    counters.countReceived(bytes.count)
    let room = KeyExchangeOffer.longest - greeting.count
    if isLoggingIn && room > 0 { greeting.append(contentsOf: bytes.prefix(room)) }
  }

  private func noteFailure(_ error: Errno) -> Int32 {
    if error.rawValue == EAGAIN || error.rawValue == EINTR { return EAGAIN }
    end = .failed(error)
    return error.rawValue
  }
}
