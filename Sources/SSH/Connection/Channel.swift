internal import CLibSSH2

/// How a command on a host ended: its exit status or the signal that ended it.
package enum Exit: Hashable, Sendable {
  case code(Int)
  /// Without "SIG": "TERM", "KILL".
  case signal(String)
}

/// The channel of a command or a stream. The session frees it together with itself, or `free` does before.
final class Channel {
  /// The limit for unread output, so that the end of a command is seen behind it.
  private static let outputLimit = 2 * 1024 * 1024
  private static let errorLimit = 64 * 1024
  /// The limit for all of standard error; a script of `deploy` writes only a few lines there.
  private static let errorTotal = 4 * 1024 * 1024

  private let pointer: OpaquePointer
  /// Allocates the buffers that the channel returns; outlives it.
  private let sessionPointer: OpaquePointer
  private(set) var output: [UInt8] = []
  private(set) var errorTail: [UInt8] = []
  private(set) var isOutputEnded = false
  private(set) var exit: Exit?
  private var errorCount = 0

  /// Whether standard error is longer than its limit.
  var complainsWithoutEnd: Bool { errorCount > Self.errorTotal }

  init(adopting pointer: OpaquePointer, of sessionPointer: OpaquePointer) {
    self.pointer = pointer
    self.sessionPointer = sessionPointer
  }

  /// Starts the command; returns libssh2's status.
  func execute(_ command: String) -> Int32 {
    let bytes = Array(command.utf8CString)
    return libssh2_channel_process_startup(
      pointer, "exec", 4, bytes, UInt32(bytes.count - 1))
  }

  /// Moves all output that has arrived into buffers. Returns 0, or libssh2's error.
  ///
  /// Standard error is read here too, whichever stream is waited for: the two streams share one
  /// window, so unread standard error would block the command.
  func pump(discardingOutput: Bool = false) -> Int32 {
    guard exit == nil else { return 0 }
    if discardingOutput { output = [] }
    while output.count < Self.outputLimit {
      let count = take(deploy_libssh2_channel_read, into: &output)
      if discardingOutput { output = [] }
      if count == 0 || count == Int(LIBSSH2_ERROR_EAGAIN) { break }
      if count < 0 { return Int32(count) }
    }
    while !complainsWithoutEnd {
      let count = take(deploy_libssh2_channel_read_stderr, into: &errorTail)
      if count == 0 || count == Int(LIBSSH2_ERROR_EAGAIN) { break }
      if count < 0 { return Int32(count) }
      errorCount += count
      errorTail.removeFirst(max(0, errorTail.count - Self.errorLimit))
    }
    isOutputEnded = libssh2_channel_eof(pointer) == 1
    if isOutputEnded { return noteClose() }
    return 0
  }

  func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }

  /// Moves as much output as there is room for; returns the number of bytes.
  func takeOutput(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(output.count, buffer.count)
    output.withUnsafeBytes {
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count]))
    }
    output.removeFirst(count)
    return count
  }

  var isFull: Bool { output.count >= Self.outputLimit }

  /// Whether buffered data is waiting to be read.
  var mayBeRead: Bool {
    libssh2_poll_channel_read(pointer, 0) != 0 || libssh2_channel_eof(pointer) == 1
  }

  /// What `write` and libssh2's other calls return when they have to be repeated.
  let wouldBlock = Int(LIBSSH2_ERROR_EAGAIN)

  /// Returns the number of bytes taken, or 0 or EAGAIN if the window is full.
  func write(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.withUnsafeBytes {
      deploy_libssh2_channel_write(pointer, $0.bindMemory(to: CChar.self).baseAddress, $0.count)
    }
  }

  func sendEnd() -> Int32 { libssh2_channel_send_eof(pointer) }

  /// Closes and frees the channel; EAGAIN means that the peer has not yet agreed: call it again.
  func free() -> Int32 { libssh2_channel_free(pointer) }

  private func noteClose() -> Int32 {
    let answer = libssh2_channel_wait_closed(pointer)
    if answer == LIBSSH2_ERROR_EAGAIN { return 0 }
    guard answer == 0 else { return answer }
    exit = readExit()
    return 0
  }

  private func readExit() -> Exit {
    var signal: UnsafeMutablePointer<CChar>?
    let answer = libssh2_channel_get_exit_signal(pointer, &signal, nil, nil, nil, nil, nil)
    guard answer == 0, let signal else {
      return .code(Int(libssh2_channel_get_exit_status(pointer)))
    }
    defer { libssh2_free(sessionPointer, signal) }
    return .signal(String(cString: signal))
  }

  private func take(
    _ read: (OpaquePointer?, UnsafeMutablePointer<CChar>?, Int) -> Int, into bytes: inout [UInt8]
  ) -> Int {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32 * 1024) { buffer in
      let count = read(pointer, buffer.baseAddress, buffer.count)
      if count > 0 { bytes.append(contentsOf: UnsafeRawBufferPointer(buffer)[..<count]) }
      return count
    }
  }
}
