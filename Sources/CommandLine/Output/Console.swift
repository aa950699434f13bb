import Diagnostics
import Files
import Glibc
import Synchronization

/// The two output streams: results on standard output, progress and diagnostics on standard error. Both may be the
/// same terminal, which can have a status area below what is written: see ``StatusDisplay``.
///
/// All text is rendered by `StyledText`, which escapes characters that could control a terminal.
enum Console {
  /// The error number of the first failed write to standard output.
  private static let failure = Mutex<Int32?>(nil)

  /// Writes a result, ended by a newline. A failed write is noted for ``exitCode(_:)``.
  static func output(_ text: StyledText) {
    StatusDisplay.aside {
      guard let number = write(text, to: STDOUT_FILENO) else { return }
      failure.withLock { $0 = $0 ?? number }
    }
  }

  static func output(_ text: String) { output(StyledText(text)) }

  /// Writes a line of a result that is printed in parts, ended by a newline. Only on a terminal does that hold up those
  /// who draw the status area.
  ///
  /// - Returns: whether it could be written; if not, that is noted for ``exitCode(_:)``.
  static func outputLine(_ line: String) -> Bool {
    if StatusDisplay.isPossible, outputIsTerminal {
      output(line)
    } else if let number = write(StyledText(line), to: STDOUT_FILENO) {
      failure.withLock { $0 = $0 ?? number }
    }
    return failure.withLock { $0 == nil }
  }

  /// Writes progress or a diagnostic, ended by a newline.
  static func error(_ text: StyledText) {
    // There is no other stream on which a failure could be reported.
    StatusDisplay.aside { _ = write(text, to: STDERR_FILENO) }
  }

  static func error(_ text: String) { error(StyledText(text)) }

  /// The exit code of the program: that of its command, or 1 if a result could not be written. A
  /// closed pipe, as with head(1), is not a failure: the reader has read enough, and changes on
  /// hosts are still completed.
  static func exitCode(_ code: Int32) -> Int32 {
    guard let number = failure.withLock({ $0 }), number != EPIPE else { return code }
    error(
      "deploy: the result could not be written to standard output: \(String(cString: strerror(number)))"
    )
    return code == 0 ? ExitStatus.failed.rawValue : code
  }

  /// Writes the whole text, also if the stream is a pipe or terminal that does not block.
  ///
  /// - Returns: the error number if not all could be written.
  private static func write(_ text: StyledText, to descriptor: Int32) -> Int32? {
    let rendered = text.rendered
    return write(rendered.hasSuffix("\n") ? rendered : rendered + "\n", to: descriptor)
  }

  /// Writes bytes that were rendered before.
  ///
  /// - Returns: the number of the error, if not all could be written.
  static func write(_ rendered: String, to descriptor: Int32) -> Int32? {
    var rest = Array(rendered.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        // As any write to a stream whose reader is slow, this holds up the run, which has nothing
        // else to say.
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

  /// The columns of a terminal that does not report its width.
  private static let usualWidth = 80

  /// The columns of the terminal that shows results; nil if a file or a pipe receives them.
  static var outputWidth: Int? { outputIsTerminal ? width(of: STDOUT_FILENO) : nil }

  /// The columns of the terminal that shows progress and diagnostics; nil if a file or a pipe receives them.
  static var errorWidth: Int? { errorIsTerminal ? width(of: STDERR_FILENO) : nil }

  /// The columns that the terminal has now.
  private static func width(of descriptor: Int32) -> Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
      return usualWidth
    }
    return Int(size.ws_col)
  }

  /// Whether standard input is a terminal.
  static var canAsk: Bool { isatty(STDIN_FILENO) == 1 }

  /// Asks the user to enter "yes"; false for any other answer, and if standard input is not a
  /// terminal.
  static func confirm(_ question: String) async -> Bool {
    guard canAsk else { return false }
    return await StatusDisplay.hidden {
      error(question + " Enter \"yes\" to continue: ")
      do {
        return try await onItsOwnThread { readLine() == "yes" }
      } catch {
        // There is no one to ask.
        return false
      }
    }
  }
}
