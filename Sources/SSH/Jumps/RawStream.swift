internal import Files
internal import Glibc

/// What takes a session's bytes to its peer: a socket, or a channel of another connection.
protocol RawStream: AnyObject {
  /// What the event loop wakes those by who wait for this stream; a descriptor where not negative.
  var key: WaitKey { get }
  /// Answers with a count, 0 at the end, or a negative errno.
  func receive(into buffer: UnsafeMutableRawPointer, size: Int, flags: Int32) -> Int
  /// Takes what it can now; answers with a count or a negative errno.
  func send(_ bytes: UnsafeRawBufferPointer, flags: Int32) -> Int
  /// Why it carries nothing any more, in more words than an errno has.
  var failure: String? { get }
}

/// A TCP connection of this machine.
final class SocketStream: RawStream {
  private let socket: Descriptor

  init(adopting socket: consuming Descriptor) { self.socket = socket }

  var key: WaitKey { socket.number }
  var failure: String? { nil }

  func receive(into buffer: UnsafeMutableRawPointer, size: Int, flags: Int32) -> Int {
    let count = recv(socket.number, buffer, size, flags)
    if count < 0 { return -Int(errno) }
    if (1..<4096).contains(count) { acknowledgeNow() }
    return count
  }

  func send(_ bytes: UnsafeRawBufferPointer, flags: Int32) -> Int {
    let count = Glibc.send(
      socket.number, bytes.baseAddress, bytes.count, flags | Int32(MSG_NOSIGNAL))
    return count < 0 ? -Int(errno) : count
  }

  /// A delayed acknowledgement costs 40 ms wherever the peer waits with its next small packet. The
  /// kernel forgets this option, so it is set each time.
  private func acknowledgeNow() {
    var yes: Int32 = 1
    setsockopt(
      socket.number, Int32(IPPROTO_TCP), TCP_QUICKACK, &yes, socklen_t(MemoryLayout<Int32>.size))
  }
}

/// A byte stream through another host, on which a session of its own is spoken.
final class ChannelStream: RawStream {
  private let stream: ByteStream

  init(_ stream: ByteStream) { self.stream = stream }

  var key: WaitKey { stream.conduit.key }
  var failure: String? { stream.conduit.failure?.description }

  func receive(into buffer: UnsafeMutableRawPointer, size: Int, flags: Int32) -> Int {
    stream.conduit.take(into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
  }

  func send(_ bytes: UnsafeRawBufferPointer, flags: Int32) -> Int {
    stream.conduit.put(bytes)
  }
}
