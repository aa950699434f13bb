internal import Files
internal import Glibc

/// What carries a session's bytes to its peer: a socket, or a channel of another connection.
protocol RawStream: AnyObject {
  /// Wakes the tasks that wait for this stream; a descriptor if not negative.
  var key: WaitKey { get }
  /// Returns a count, 0 at the end, or a negative errno.
  func receive(into buffer: UnsafeMutableRawPointer, size: Int, flags: Int32) -> Int
  /// Takes what it can now; returns a count or a negative errno.
  func send(_ bytes: UnsafeRawBufferPointer, flags: Int32) -> Int
  /// Why it no longer carries anything, in more detail than an errno.
  var failure: String? { get }
}

/// A TCP connection of the controller.
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

  /// A delayed acknowledgement costs 40 ms whenever the peer waits with its next small packet. The
  /// kernel resets this option, so it is set each time.
  private func acknowledgeNow() {
    var yes: Int32 = 1
    setsockopt(
      socket.number, Int32(IPPROTO_TCP), TCP_QUICKACK, &yes, socklen_t(MemoryLayout<Int32>.size))
  }
}

/// A byte stream through another host, which carries another SSH session.
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
