import Glibc

/// The only way in which the program exits.
enum ProcessExit {
  /// Exits without the exit handlers of the C library: exit(3) would free memory of OpenSSL that
  /// the SSH thread may still use. Everything that must be on disk is there already.
  ///
  /// - Parameter code: the exit code, unless standard output could not be written: see
  ///   ``Console/exitCode(_:)``.
  static func now(_ code: Int32) -> Never {
    StatusDisplay.close()
    fflush(nil)
    _exit(Console.exitCode(code))
  }
}
