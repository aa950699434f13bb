internal import Files
internal import PostgreSQL
internal import Synchronization

/// Tells the database that a run is alive, and knows until when the run may rely on what it has reserved.
final class Pulse: Sendable {
  /// How long a run is believed to live after the database has heard of it.
  static let lifetime = 30
  /// The run itself relies on it for less: to begin with a host takes time.
  private static let reliance = Duration.seconds(25)
  private static let interval = Duration.seconds(8)

  private let run: String
  /// A connection of its own, so that no long statement of the run delays it.
  private let session: DatabaseSession
  private let state: Mutex<State>

  private struct State {
    var heardAt: ContinuousClock.Instant
    var loss: StateDatabaseError?
  }

  /// - Parameter start: when the run was entered in the database, or earlier.
  init(of run: String, over session: DatabaseSession, from start: ContinuousClock.Instant) {
    (self.run, self.session) = (run, session)
    state = Mutex(State(heardAt: start))
  }

  /// Beats until the task is cancelled.
  func beat() async {
    while !Task.isCancelled {
      do {
        try await Task.sleep(for: Self.interval)
        try await onItsOwnThread { try self.beatOnce() }
      } catch {
        // If it does not come back in time, `check` stops the run.
        continue
      }
    }
  }

  private func beatOnce() throws {
    let start = ContinuousClock.now
    let rows = try session.query(
      """
      UPDATE deploy.runs SET alive_until = clock_timestamp() + interval '\(Self.lifetime) seconds'
      WHERE id = $1 AND ended_at IS NULL AND lost_to IS NULL RETURNING 1
      """, [run], within: .seconds(6))
    let loss = rows.count > 0 ? nil : try DatabaseReservation.lost(run, session)
    state.withLock { state in
      state.heardAt = start
      state.loss = loss
    }
  }

  func check() throws {
    let (heardAt, loss) = state.withLock { ($0.heardAt, $0.loss) }
    if let loss { throw loss }
    let silence = heardAt.duration(to: .now)
    guard silence > Self.reliance else { return }
    throw StateDatabaseError(
      .unreachable, session.place,
      "it has not been reached for \(silence.components.seconds) s, so another run may have these hosts by now."
        + " No other host is begun. Run the command again when the server answers.")
  }
}
