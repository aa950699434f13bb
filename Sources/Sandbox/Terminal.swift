internal import Dispatch
internal import Glibc

/// What becomes of this process's signals and terminal while a command of the box has them.
final class Terminal {
  private let foreground = tcgetpgrp(STDIN_FILENO)
  private var handlers: [(signal: Int32, handler: sighandler_t)] = []
  private var sources: [any DispatchSourceSignal] = []

  /// Ctrl-C and Ctrl-\ reach the command by themselves; what stands between, `nsenter` and this
  /// process, ignores them and so lives to tell how the command ended.
  init() {
    for number in [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTTOU] {
      if let handler = signal(number, SIG_IGN) { handlers.append((number, handler)) }
    }
  }

  /// Passes on what was meant for this process alone.
  func forwardSignals(to child: ChildProcess) {
    sources = [SIGTERM, SIGHUP].map { number in
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { _ = child.signalChild(number) }
      source.resume()
      return source
    }
  }

  /// An interactive shell leaves itself in the foreground; this process takes that back.
  func restore() {
    if foreground > 0 { tcsetpgrp(STDIN_FILENO, foreground) }
    for source in sources { source.cancel() }
    for (number, handler) in handlers { signal(number, handler) }
  }
}
