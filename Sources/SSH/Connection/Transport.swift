internal import Files
internal import Glibc
internal import SystemPackage

/// The bytes of one session, on their way from and to its stream.
///
/// libssh2 must never see a full socket: a packet that it has sent by half locks the session, and
/// no other call may send until that one is repeated with the same arguments. So what the stream
/// does not take at once is kept here and flushed by whoever waits next; a call into libssh2 then
/// only ever blocks for want of input, and can be given up at any time.
final class Transport {
  /// More than any greeting, key exchange and login need; a peer that talks on without coming to an end
  /// is cut off.
  private static let loginLimit = 512 * 1024
  /// What one call into libssh2 may take off the stream: it reads for as long as something comes, which
  /// must not keep the thread from other hosts and from deadlines.
  private static let callLimit = 1024 * 1024

  /// The longest version that a peer says (RFC 4253, 4.2), and one byte.
  static let versionLimit = 256

  private let rawStream: any RawStream
  private let counters: Counters
  private var outbox: [UInt8] = []
  private var isSevered = false

  /// Bytes taken off the stream so far.
  private(set) var received = 0
  /// What the peer said first: all of its offer of algorithms until it has let us in, its version from
  /// then on.
  private(set) var greeting: [UInt8] = []
  /// Why no more bytes will come.
  private(set) var end: End?
  /// Until the peer has let us in.
  var isLoggingIn = true {
    didSet { if !isLoggingIn { greeting = Array(greeting.prefix(Self.versionLimit)) } }
  }
  /// What is left to the current call into libssh2.
  private var allowance = callLimit
  /// Since the peer last said anything.
  var unansweredKeepalives = 0
  /// What libssh2's callback answers prompts with; a secret, here for as long as they are answered.
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
  /// What the stream says of its end, where it knows more than an errno.
  var streamFailure: String? { rawStream.failure }

  var hasUnsent: Bool { !outbox.isEmpty }

  /// Begins another call into libssh2.
  func beginCall() { allowance = Self.callLimit }

  /// From now on nothing is sent or received, and no call into libssh2 can block.
  func sever() { isSevered = true }

  /// Answers as libssh2 wants it: a count, 0 at the end, or a negative errno.
  func receive(into buffer: UnsafeMutableRawPointer, size: Int, flags: Int32) -> Int {
    if isSevered { return Int(-ECONNRESET) }
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

  /// Gives the stream as much as it takes now.
  func flush(flags: Int32 = Int32(MSG_NOSIGNAL)) {
    guard !isSevered, hasUnsent else { return }
    let count = outbox.withUnsafeBytes { rawStream.send($0, flags: flags) }
    if count >= 0 {
      counters.countSent(count)
      // Emptied it gives its memory back: a thousand sessions would each keep that of a whole script.
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
