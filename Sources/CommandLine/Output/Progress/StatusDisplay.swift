import Dispatch
import Execution
import Glibc
import Synchronization

/// The status area of this process on the terminal of standard error: what the run is doing, redrawn five times a
/// second while something is waited for, so that its time never stands still.
///
/// What is written to a stream is written above the area, in whole lines.
enum StatusDisplay {
  private struct State {
    var model = StatusModel()
    var area = StatusArea()
    var style = Style(isColored: false)
    /// How many questions wait for an answer of the user: the area is not drawn meanwhile.
    var questions = 0
    var ticker: (any DispatchSourceTimer)?
  }

  private static let state = Mutex(State())
  private static let interval = DispatchTimeInterval.milliseconds(200)

  /// Whether the terminal can redraw lines.
  static let isPossible: Bool = {
    guard Console.errorIsTerminal, let kind = getenv("TERM") else { return false }
    return kind.pointee != 0 && strcmp(kind, "dumb") != 0
  }()

  /// Notes what a run does.
  ///
  /// - Parameter isShown: whether the area is drawn; if not, only the time of the run is kept.
  static func note(_ event: ProgressEvent, _ style: Style, isShown: Bool) {
    state.withLock { state in
      let now = ContinuousClock.now
      state.model.note(event, at: now)
      guard isShown else { return }
      state.style = style
      if state.model.isIdle {
        redraw(&state)
        state.ticker?.cancel()
        state.ticker = nil
      } else if state.ticker == nil {
        Interrupts.leaveCleanly()
        redraw(&state)
        state.ticker = started()
      }
    }
  }

  /// The time since the latest rollout began; nil if none has.
  static var timeOfRollout: Duration? {
    state.withLock { $0.model.rolloutBegan.map { ContinuousClock.now - $0 } }
  }

  /// Writes to a stream above the area.
  static func aside(_ write: () -> Void) {
    state.withLock { state in
      print(state.area.erase())
      write()
      if state.ticker != nil { redraw(&state) }
    }
  }

  /// Removes the area while the body runs, in which the user is asked.
  static func hidden<Output>(_ body: () async throws -> Output) async rethrows -> Output {
    state.withLock { state in
      state.questions += 1
      print(state.area.erase())
    }
    defer { state.withLock { $0.questions -= 1 } }
    return try await body()
  }

  /// Removes the area for good, because the program is about to exit. An area to which another thread is
  /// writing stays: its terminal may never take what is written.
  static func close() {
    state.withLockIfAvailable { state in
      state.ticker?.cancel()
      state.ticker = nil
      print(state.area.erase())
    }
  }

  private static func started() -> any DispatchSourceTimer {
    let ticker = DispatchSource.makeTimerSource()
    ticker.schedule(deadline: .now() + interval, repeating: interval)
    ticker.setEventHandler {
      state.withLock { state in if state.ticker != nil { redraw(&state) } }
    }
    ticker.resume()
    return ticker
  }

  private static func redraw(_ state: inout State) {
    guard state.questions == 0, let width = Console.errorWidth else { return }
    // A line as wide as the terminal would leave some cursors in the next one.
    let lines = state.model.lines(state.style, width: width - 1, at: .now)
    print(state.area.draw(lines, width: width))
  }

  private static func print(_ bytes: String) {
    // There is no other stream on which a failure could be reported.
    if !bytes.isEmpty { _ = Console.write(bytes, to: STDERR_FILENO) }
  }
}
