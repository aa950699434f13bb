import Foundation

/// The two streams: results on standard output, progress and diagnostics on standard error.
enum Console {
  static func output(_ text: String) { write(text, to: .standardOutput) }

  static func error(_ text: String) { write(text, to: .standardError) }

  private static func write(_ text: String, to handle: FileHandle) {
    let line = text.hasSuffix("\n") ? text : text + "\n"
    do {
      try handle.write(contentsOf: Data(line.utf8))
    } catch {
      // Whoever read this stream has gone; what is being done must go on.
    }
  }

  static var outputIsTerminal: Bool { isatty(FileHandle.standardOutput.fileDescriptor) == 1 }
  static var errorIsTerminal: Bool { isatty(FileHandle.standardError.fileDescriptor) == 1 }

  /// The columns of the terminal that shows results; nil where a file or a program takes them.
  static var outputWidth: Int? {
    var size = winsize()
    guard outputIsTerminal,
      ioctl(FileHandle.standardOutput.fileDescriptor, UInt(TIOCGWINSZ), &size) == 0,
      size.ws_col > 0
    else { return nil }
    return Int(size.ws_col)
  }

  /// JSON is for programs, which cannot be asked about a plan that they have not seen.
  static func refuseToAsk(_ format: OutputFormat, yes: Bool) throws {
    guard format == .json, !yes else { return }
    throw Failure(.usage, "--format json shows no plan to say yes to: give --yes as well")
  }

  /// Asks on the terminal; false where nobody can answer.
  static func confirm(_ question: String) -> Bool {
    guard isatty(FileHandle.standardInput.fileDescriptor) == 1 else { return false }
    write(question + " Only \"yes\" goes on: ", to: .standardError)
    return readLine() == "yes"
  }
}
