import Foundation

/// The terminal of a program that a test has started, with the test in the user's place.
package final class PseudoTerminal {
  /// The program; its standard streams and its controlling terminal are this terminal.
  package let program: RunningProgram
  /// What the program has shown so far, as far as `shows` has read it.
  package private(set) var shown = ""
  private let descriptor: Int32
  /// The program's end: without a holder the terminal would hang up.
  private let end: Int32

  /// Starts a program on a terminal of its own.
  package init(_ words: [String], environment: [String: String]) throws {
    var (descriptor, end): (Int32, Int32) = (-1, -1)
    guard openpty(&descriptor, &end, nil, nil, nil) == 0, let name = ttyname(end) else {
      throw ProgramRun.Failure(
        description: "there is no terminal: \(String(cString: strerror(errno)))")
    }
    (self.descriptor, self.end) = (descriptor, end)
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

  /// Reads what the program shows until a text is there; false if it is silent for a minute.
  package func shows(_ text: String) -> Bool {
    var bytes = [UInt8](repeating: 0, count: 4096)
    while !shown.contains(text) {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, 60_000) == 1 else { return false }
      let count = read(descriptor, &bytes, bytes.count)
      guard count > 0 else { return false }
      shown += String(decoding: bytes[..<count], as: UTF8.self)
    }
    return true
  }
}
