import CLinux
import Glibc

/// What keeps the memory and the streams of this process to itself.
enum ProcessHardening {
  /// Done before anything else, and before the first task: what runs tasks opens descriptors.
  static func apply() {
    // No core file, neither in a folder nor through a program of the system, and no debugger of the same user.
    _ = deploy_linux_forbid_dumps()
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    occupyStandardStreams()
    // Swift's own report of a crash shows memory as well: it is for those who ask for it.
    guard getenv("SWIFT_BACKTRACE") == nil else { return }
    for number in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] {
      signal(number, SIG_DFL)
    }
  }

  /// A stream that the caller has closed would be the next file that is opened: messages would be written
  /// into the state. What takes its place can be neither written to nor, for output, mistaken for success.
  private static func occupyStandardStreams() {
    for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    where fcntl(number, F_GETFD) == -1 && errno == EBADF {
      // The lowest free number is given, which is this one.
      _ = open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
