import Fleet
import Planning

/// Tells hosts that wait for their turn that the controller is still there: one that hears nothing for
/// half a minute drops what was staged and lets its lock go.
actor Heartbeat {
  private static let seconds: Int64 = 10

  private let surroundings: Surroundings
  private var waiting: [HostName: HostTransaction] = [:]
  private var task: Task<Void, Never>?

  init(_ surroundings: Surroundings) { self.surroundings = surroundings }

  func start() {
    task = Task { await beat() }
  }

  func stop() {
    task?.cancel()
    waiting = [:]
  }

  /// The host is prepared and waits.
  func begin(for transaction: HostTransaction) { waiting[transaction.step.host] = transaction }

  /// The host gets its word now.
  func end(for transaction: HostTransaction) { waiting[transaction.step.host] = nil }

  private func beat() async {
    while true {
      do {
        try await surroundings.sleep(Self.seconds)
      } catch {
        return
      }
      // All at once: a host that does not read must not cost the others their turn.
      await withTaskGroup { group in
        for transaction in waiting.values { group.addTask { await transaction.keepWaiting() } }
      }
    }
  }
}
