import Diagnostics
import Files
import Glibc
import Synchronization

/// The two streams: results on standard output, progress and diagnostics on standard error.
///
/// What is written comes from `StyledText`, which escapes all that could steer a terminal.
enum Console {
  /// Why standard output did not take a result.
  private static let failure = Mutex<Int32?>(nil)

  static func output(_ text: StyledText) {
    guard let number = write(text, to: STDOUT_FILENO) else { return }
    failure.withLock { $0 = $0 ?? number }
  }

  static func output(_ text: String) { output(StyledText(text)) }

  static func error(_ text: StyledText) {
    // There is nowhere to report that nobody can read this.
    _ = write(text, to: STDERR_FILENO)
  }

  static func error(_ text: String) { error(StyledText(text)) }

  /// The exit code of a run that ends with a code of its own: 1 if a result is lost. A reader that closes a pipe,
  /// as head(1) does, has read enough: that is not reported, and changes hosts are still made in full.
  static func exitCode(_ code: Int32) -> Int32 {
    guard let number = failure.withLock({ $0 }), number != EPIPE else { return code }
    error(
      "deploy: the result could not be written to standard output: \(String(cString: strerror(number)))"
    )
    return code == 0 ? ExitStatus.failed.rawValue : code
  }

  /// - Returns: the number of the error, if not all could be written.
  private static func write(_ text: StyledText, to descriptor: Int32) -> Int32? {
    let rendered = text.rendered
    var rest = Array((rendered.hasSuffix("\n") ? rendered : rendered + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        // As any write to a stream whose reader is slow, this holds up the run, which has nothing else to say.
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, -1)
      } else if errno != EINTR {
        return errno
      }
    }
    return nil
  }

  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
  static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// The columns of the terminal that shows results; nil where a file or a program takes them.
  static var outputWidth: Int? {
    var size = winsize()
    guard outputIsTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0
    else { return nil }
    return Int(size.ws_col)
  }

  /// Asks on the terminal; false where nobody can answer.
  static func confirm(_ question: String) async -> Bool {
    guard isatty(STDIN_FILENO) == 1 else { return false }
    error(question + " Only \"yes\" goes on: ")
    do {
      return try await onItsOwnThread { readLine() == "yes" }
    } catch {
      // Nobody can be asked.
      return false
    }
  }
}
