import Foundation

/// The terminal of a program that a test has started, with the test in the user's place.
package final class PseudoTerminal {
  /// The program; its standard streams and its controlling terminal are this terminal.
  package let program: RunningProgram
  /// What the program has written so far, as far as it was read.
  package private(set) var shown = ""
  /// What a user sees.
  package private(set) var screen: TerminalScreen
  private let descriptor: Int32
  /// The program's end: without a holder the terminal would hang up.
  private let end: Int32
  /// The beginning of a character whose other bytes are not there yet.
  private var rest: [UInt8] = []

  /// Starts a program on a terminal of its own.
  package init(
    _ words: [String], environment: [String: String], columns: Int = 80, rows: Int = 24
  ) throws {
    var (descriptor, end): (Int32, Int32) = (-1, -1)
    var size = winsize(
      ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    guard openpty(&descriptor, &end, nil, nil, &size) == 0, let name = ttyname(end) else {
      throw ProgramRun.Failure(
        description: "there is no terminal: \(String(cString: strerror(errno)))")
    }
    (self.descriptor, self.end) = (descriptor, end)
    screen = TerminalScreen(columns: columns, rows: rows)
    // A session's first terminal is its controlling one.
    program = try RunningProgram(
      ["setsid", "sh", "-c", #"exec "$@" < "$0" > "$0" 2>&1"#, String(cString: name)] + words,
      environment: environment.merging(["PATH": "/usr/bin:/bin"]) { own, _ in own })
  }

  deinit {
    program.end()
    close(descriptor)
    close(end)
  }

  /// Types a text.
  package func type(_ text: String) {
    _ = text.withCString { write(descriptor, $0, strlen($0)) }
  }

  /// Changes the size of the terminal, as a user does who drags the corner of a window.
  package func resize(columns: Int, rows: Int = 24) throws {
    var size = winsize(
      ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    guard ioctl(descriptor, UInt(TIOCSWINSZ), &size) == 0 else {
      throw ProgramRun.Failure(
        description: "the terminal keeps its size: \(String(cString: strerror(errno)))")
    }
    screen.resize(columns: columns, rows: rows)
  }

  /// Reads what the program shows until a text is there; false if it is not there after a minute.
  package func shows(_ text: String) -> Bool { reads { $0.shown.contains(text) } }

  /// Reads what the program shows until the screen is as expected; false if it is not after a minute.
  package func shows(_ isExpected: (TerminalScreen) -> Bool) -> Bool {
    reads { isExpected($0.screen) }
  }

  /// Reads everything that a program has shown which has ended.
  package func readRest() { while read(withinMilliseconds: 0) {} }

  private func reads(until isDone: (PseudoTerminal) -> Bool) -> Bool {
    let limit = ContinuousClock.now + .seconds(60)
    while !isDone(self) {
      guard ContinuousClock.now < limit, read(withinMilliseconds: 60_000) else { return false }
    }
    return true
  }

  /// False if there is nothing to read.
  private func read(withinMilliseconds limit: Int32) -> Bool {
    var bytes = [UInt8](repeating: 0, count: 4096)
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, limit) == 1 else { return false }
    let count = Foundation.read(descriptor, &bytes, bytes.count)
    guard count > 0 else { return false }
    rest += bytes[..<count]
    // A character has at most four bytes.
    let complete =
      (0..<4).map { rest.dropLast($0) }.first { String(validating: $0, as: UTF8.self) != nil }
      ?? rest[...]
    let text = String(decoding: complete, as: UTF8.self)
    rest.removeFirst(complete.count)
    shown += text
    screen.feed(text)
    return true
  }
}
