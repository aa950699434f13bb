import Application
import Diagnostics
import Files
import Fleet
import Glibc

/// The terminal of the user, whatever the standard streams are.
enum Terminal {
  /// What Ctrl-C types.
  private static let interruptCharacter: UInt8 = 3

  /// Asks for a secret, which is not shown.
  ///
  /// - Parameter instead: what the user can do where there is no terminal.
  static func askSecret(_ prompt: String, instead: String) async throws -> [UInt8] {
    try await onItsOwnThread { try answer(to: prompt, instead: instead) }
  }

  /// Blocks until the answer is typed.
  private static func answer(to prompt: String, instead: String) throws -> [UInt8] {
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
    guard terminal >= 0 else {
      throw Failure(
        .failed, "a passphrase is asked for on a terminal, and there is none: \(instead)")
    }
    defer { close(terminal) }
    var before = termios()
    guard tcgetattr(terminal, &before) == 0 else {
      throw Failure(
        .failed, "the terminal cannot be made silent: \(String(cString: strerror(errno)))")
    }
    var silent = before
    // Ctrl-C comes as a character too: a signal would end the program and leave the terminal silent.
    silent.c_lflag &= ~tcflag_t(ECHO | ISIG)
    // It ends the line as Enter does: otherwise nobody would read it before that.
    withUnsafeMutableBytes(of: &silent.c_cc) { $0[Int(VEOL)] = interruptCharacter }
    tcsetattr(terminal, TCSAFLUSH, &silent)
    defer { tcsetattr(terminal, TCSAFLUSH, &before) }
    _ = StyledText(prompt).rendered.withCString { write(terminal, $0, strlen($0)) }
    defer { _ = write(terminal, "\n", 1) }
    var answer: [UInt8] = []
    // An array that grows leaves copies of what it held.
    answer.reserveCapacity(1024)
    var byte: UInt8 = 0
    while Glibc.read(terminal, &byte, 1) == 1 {
      if byte == UInt8(ascii: "\n") { return answer }
      if byte == interruptCharacter { throw Failure(.interrupted) }
      answer.append(byte)
    }
    throw Failure(.interrupted, "the terminal was closed before the passphrase was given")
  }
}
