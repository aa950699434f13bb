import Glibc

/// Ends the program.
enum ProcessExit {
  /// Ends at once. What OpenSSL frees in exit(3) the SSH thread may be using still, and everything that
  /// must be on the disk is there already.
  static func now(_ code: Int32) -> Never {
    fflush(nil)
    _exit(Console.exitCode(code))
  }
}
