internal import Dispatch
internal import Glibc

/// This process's signals and terminal while a command of the box uses them.
final class Terminal {
  private let foreground = tcgetpgrp(STDIN_FILENO)
  private var handlers: [(signal: Int32, handler: sighandler_t)] = []
  private var sources: [any DispatchSourceSignal] = []

  /// Ctrl-C and Ctrl-\ reach the command directly; the processes in between, `nsenter` and this
  /// one, ignore them and so live to report how the command ended.
  init() {
    for number in [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTTOU] {
      if let handler = signal(number, SIG_IGN) { handlers.append((number, handler)) }
    }
  }

  /// Passes on signals that were sent only to this process.
  func forwardSignals(to child: ChildProcess) {
    sources = [SIGTERM, SIGHUP].map { number in
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { _ = child.signalChild(number) }
      source.resume()
      return source
    }
  }

  /// An interactive shell leaves its own process group in the foreground; this process returns to it.
  func restore() {
    if foreground > 0 { tcsetpgrp(STDIN_FILENO, foreground) }
    for source in sources { source.cancel() }
    for (number, handler) in handlers { signal(number, handler) }
  }
}
