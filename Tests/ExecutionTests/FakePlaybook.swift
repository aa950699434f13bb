import Fleet
import State
import Synchronization

@testable import Execution

/// Notes which hook runs for which host; one that is called `fail` does.
struct FakeHooks: HookRunner {
  let journal: Journal

  func run(
    _ words: [String], environment: [String: String], withinSeconds seconds: Int64,
    say: @escaping @Sendable (String) -> Void
  ) async -> HookEnding {
    let facts = ["DEPLOY_HOST", "DEPLOY_RELEASE", "DEPLOY_RESULT"].compactMap { environment[$0] }
    journal.note("hook \((words + facts).joined(separator: " "))")
    return words == ["fail"] ? .failed("ended with 1") : .succeeded
  }
}

/// Reports configured problems with the edges of hosts.
struct FakeVerifier: EdgeVerifier {
  let journal: Journal
  var problems: [HostName: [String]] = [:]

  func findings(
    touching hosts: Set<HostName>, leaving: Set<HostName>, untried: [HostName: String]
  ) async -> EdgeFindings {
    journal.note("verify \(hosts.sorted().joined(separator: " "))")
    return EdgeFindings(
      problems: hosts.sorted().flatMap { problems[$0] ?? [] },
      untried: untried.sorted { $0.key < $1.key }.map { "\($0) \($1)" })
  }
}
