import Fleet
import Planning

/// Sends heartbeats to hosts that wait for their turn: a host that receives none for half a minute drops
/// the staged release and releases its lock.
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

  /// The host gets its go signal now.
  func end(for transaction: HostTransaction) { waiting[transaction.step.host] = nil }

  private func beat() async {
    while true {
      do {
        try await surroundings.sleep(Self.seconds)
      } catch {
        return
      }
      // Concurrently: a host that does not read must not delay the others.
      await withTaskGroup { group in
        for transaction in waiting.values { group.addTask { await transaction.keepWaiting() } }
      }
    }
  }
}
