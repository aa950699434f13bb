import Application
import Diagnostics
import Execution
import Planning
import State
import Synchronization

/// A user in memory: gives fixed answers, and remembers what was shown and asked.
final class FakeInteraction: Interaction {
  struct Seen {
    var plans: [Plan] = []
    var summaries: [Summary] = []
    var questions: [String] = []
    /// Prompts for secrets.
    var prompts: [String] = []
    var reports: [String] = []
    var warnings: [String] = []
    var diagnostics: [Diagnostic] = []
  }

  private let saysYes: Bool
  private let passphrase: String
  private let all = Mutex(Seen())

  var seen: Seen { all.withLock(\.self) }

  init(saysYes: Bool = true, passphrase: String = "correct horse") {
    self.saysYes = saysYes
    self.passphrase = passphrase
  }

  func show(_ diagnostics: [Diagnostic], in sources: [SourceText]) {
    all.withLock { $0.diagnostics += diagnostics }
  }

  func show(_ plan: Plan, caGenerations: [CAGeneration]) {
    all.withLock { $0.plans.append(plan) }
  }

  func lines(of plan: Plan, caGenerations: [CAGeneration]) -> [String] {
    plan.hosts.map { "change \($0.host)" } + ["Plan: \(plan.hosts.count) hosts."]
  }

  func json(of plan: Plan, caGenerations: [CAGeneration]) -> String {
    "{\"plan\": \(plan.hosts.count)}\n"
  }

  func json(of summary: Summary, _ traffic: SSHTraffic) -> String {
    "{\"summary\": \(summary.results.count), \"stopped\": \"\(summary.stopped ?? "")\"}\n"
  }

  func show(_ event: ProgressEvent) {}

  func show(_ summary: Summary, _ traffic: SSHTraffic) {
    all.withLock { $0.summaries.append(summary) }
  }

  func report(_ sentence: String) { all.withLock { $0.reports.append(sentence) } }
  func inform(_ text: String) {}
  func warn(_ text: String) { all.withLock { $0.warnings.append(text) } }

  var canAsk: Bool { true }

  func confirm(_ question: String) -> Bool {
    all.withLock { $0.questions.append(question) }
    return saysYes
  }

  func askSecret(_ prompt: String, instead: String) -> [UInt8] {
    all.withLock { $0.prompts.append(prompt) }
    return Array(passphrase.utf8)
  }

  func lendTerminal<Output>(_ body: () async throws -> Output) async rethrows -> Output {
    try await body()
  }

  func untilStopped<Output: Sendable>(
    _ stopping: String, _ work: @escaping @Sendable () async -> Output,
    abandon: @escaping @Sendable () -> Void
  ) async -> Output {
    await work()
  }
}
