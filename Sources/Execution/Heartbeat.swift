import Planning

/// Tells hosts that wait for their turn that the controller is still there: one that hears nothing for
/// half a minute drops what was staged and lets its lock go.
actor Heartbeat {
  private static let seconds: Int64 = 10

  private let surroundings: Surroundings
  private var waiting: [String: HostTransaction] = [:]
  private var task: Task<Void, Never>?

  init(_ surroundings: Surroundings) { self.surroundings = surroundings }

  func start(_ transactions: [HostTransaction]) {
    for transaction in transactions { waiting[transaction.step.host] = transaction }
    task = Task { await beat() }
  }

  /// These hosts get their word now.
  func end(of hosts: [String]) {
    for host in hosts { waiting[host] = nil }
  }

  func stop() {
    task?.cancel()
    waiting = [:]
  }

  private func beat() async {
    while !waiting.isEmpty {
      do {
        try await surroundings.sleep(Self.seconds)
      } catch {
        return
      }
      for transaction in waiting.values { await transaction.keepWaiting() }
    }
  }
}
