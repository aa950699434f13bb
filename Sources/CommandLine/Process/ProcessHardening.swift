import CLinux
import Glibc

/// Protects the memory and the standard streams of the process: no core dump, no debugger, no
/// closed stream.
enum ProcessHardening {
  /// Called before anything else, and before the first task, because the runtime of tasks opens
  /// descriptors.
  static func apply() {
    // No core dump, neither to a file nor to a crash handler, and no debugger of the same user.
    _ = deploy_linux_forbid_dumps()
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    occupyStandardStreams()
    // Swift's crash report shows memory too, so it has to be enabled explicitly.
    guard (getenv("SWIFT_BACKTRACE")?.pointee ?? 0) == 0 else { return }
    for number in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] {
      signal(number, SIG_DFL)
    }
  }

  /// Opens /dev/null for standard streams that the caller has closed. Otherwise the next file to be
  /// opened would get the descriptor, and messages would be written into it. Reads and writes fail,
  /// so lost output is noticed.
  private static func occupyStandardStreams() {
    for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where fcntl(number, F_GETFD) == -1 && errno == EBADF {
      // open(2) returns the lowest free descriptor, which is this one.
      _ = open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
