import Application
import Diagnostics
import Files
import Fleet
import Glibc

/// The controlling terminal of the user, even if the standard streams are redirected.
enum Terminal {
  /// What Ctrl-C types.
  private static let interruptCharacter: UInt8 = 3

  /// Asks for a secret without echo, and does not block other tasks meanwhile.
  ///
  /// - Parameter instead: what the user can do if there is no terminal.
  /// - Returns: the line that the user typed, without its end.
  /// - Throws: a failure if there is no terminal, and `interrupted` after Ctrl-C.
  static func askSecret(_ prompt: String, instead: String) async throws -> [UInt8] {
    try await StatusDisplay.hidden {
      try await onItsOwnThread { try answer(to: prompt, instead: instead) }
    }
  }

  /// Prints the prompt with the echo turned off, and blocks until a line is typed.
  private static func answer(to prompt: String, instead: String) throws -> [UInt8] {
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
    guard terminal >= 0 else {
      throw Failure(
        .failed, "a secret is needed, but there is no terminal to ask for it: \(instead)")
    }
    defer { close(terminal) }
    var before = termios()
    guard tcgetattr(terminal, &before) == 0 else {
      throw Failure(
        .failed, "could not turn off the echo of the terminal: \(String(cString: strerror(errno)))")
    }
    var silent = before
    // Ctrl-C is read as a character, because a signal would end the program and leave the echo off.
    silent.c_lflag &= ~tcflag_t(ECHO | ISIG)
    // It ends the line as Enter does: otherwise it would be read only after that.
    withUnsafeMutableBytes(of: &silent.c_cc) { $0[Int(VEOL)] = interruptCharacter }
    tcsetattr(terminal, TCSAFLUSH, &silent)
    defer { tcsetattr(terminal, TCSAFLUSH, &before) }
    _ = StyledText(prompt).rendered.withCString { write(terminal, $0, strlen($0)) }
    defer { _ = write(terminal, "\n", 1) }
    var answer: [UInt8] = []
    // A growing array would leave copies of the secret in memory.
    answer.reserveCapacity(1024)
    var byte: UInt8 = 0
    while Glibc.read(terminal, &byte, 1) == 1 {
      if byte == UInt8(ascii: "\n") { return answer }
      if byte == interruptCharacter { throw Failure(.interrupted) }
      answer.append(byte)
    }
    throw Failure(.interrupted, "the terminal was closed before the passphrase was entered")
  }
}
