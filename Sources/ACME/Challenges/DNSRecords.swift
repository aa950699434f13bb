import Diagnostics
package import Fleet
import Processes
import Synchronization

/// The commands that make and remove DNS records, as lego's provider `exec` calls them:
/// `PROGRAM present|cleanup NAME VALUE`.
package struct DNSHooks: Hashable, Sendable {
  /// The program that makes a record, with its first arguments.
  package var present: [String]
  /// The program that removes it; empty if records are not removed.
  package var cleanup: [String]
  /// How long a command may take, and then the servers, in seconds.
  package var timeout: Int64
  /// Variables of the environment that the commands get besides the usual ones, such as a provider's token.
  package var variables: [String]

  package init(
    present: [String], cleanup: [String], timeout: Int64 = 120, variables: [String] = []
  ) {
    self.present = present
    self.cleanup = cleanup
    self.timeout = timeout
    self.variables = variables
  }
}

/// Answers DNS-01 challenges with records that commands of the user make.
package final class DNSRecords: ChallengeSolver {
  /// Why a command did not do its work, or was not started.
  struct Failure: Error, Hashable, CustomStringConvertible { let description: String }

  private let hooks: DNSHooks
  private let clock: any ACMEClock
  private let dns: DNSClient
  private let watch: RecordWatch
  private let warn: @Sendable (String) -> Void
  /// The names of the records that commands were started to make.
  private let made = Mutex<[ChallengeTask: String]>([:])

  /// - Parameters:
  ///   - resolvers: the servers that are asked for the records; if there are none, the authoritative servers.
  ///   - warn: gets a message if a record could not be removed.
  package convenience init(
    _ hooks: DNSHooks, resolvers: [DNSServer], clock: any ACMEClock,
    warn: @escaping @Sendable (String) -> Void
  ) {
    self.init(
      hooks, dns: DNSClient(resolvers: resolvers),
      asking: resolvers.isEmpty ? .authoritative() : .resolvers(resolvers), clock: clock, warn: warn
    )
  }

  init(
    _ hooks: DNSHooks, dns: DNSClient, asking servers: RecordWatch.Servers, clock: any ACMEClock,
    warn: @escaping @Sendable (String) -> Void
  ) {
    self.hooks = hooks
    self.dns = dns
    self.warn = warn
    self.clock = clock
    watch = RecordWatch(dns: dns, servers: servers, clock: clock, seconds: hooks.timeout)
  }

  package func kinds(for name: String) -> [ChallengeKind] { [.dns01] }

  package func prepare(_ task: ChallengeTask) async throws {
    // The domain is the server's word; commands are often scripts.
    guard DomainName(task.domain) != nil else {
      throw Failure(
        description: "the server asks for a record of \"\(HostText(task.domain))\"")
    }
    let name = try await dns.target(of: "_acme-challenge.\(task.domain).")
    made.withLock { $0[task] = name }
    try await run(hooks.present, "present", task, name)
  }

  package func waitUntilVisible(_ tasks: [ChallengeTask]) async throws {
    let made = made.withLock { $0 }
    var values: [String: Set<String>] = [:]
    for task in tasks {
      if let name = made[task] { values[name, default: []].insert(task.answer) }
    }
    try await watch.wait(for: values)
  }

  package func cleanUp(_ task: ChallengeTask) async {
    guard let name = made.withLock({ $0.removeValue(forKey: task) }), !hooks.cleanup.isEmpty else {
      return
    }
    // Also in an interrupted run, whose task is cancelled: a task of its own is not.
    let ending = await Task { try await run(hooks.cleanup, "cleanup", task, name) }.result
    if case .failure(let error) = ending {
      warn("the TXT record \(HostText(name)) could not be removed: \(error)")
    }
  }

  private func run(
    _ words: [String], _ action: String, _ task: ChallengeTask, _ name: String
  ) async throws {
    let environment = ProgramEnvironment.variables(
      passing: hooks.variables,
      adding: [
        "DEPLOY_DOMAIN": task.domain, "DEPLOY_RECORD": name, "DEPLOY_VALUE": task.answer,
        // The names that hooks of certbot know.
        "CERTBOT_DOMAIN": task.domain, "CERTBOT_VALIDATION": task.answer,
      ])
    let words = words + [action, name, task.answer]
    let command = UserCommand(
      words, .alone, variables: .only(environment),
      deadline: UserCommand.Deadline(seconds: hooks.timeout, wait: clock.wait))
    try Task.checkCancellation()
    let (ending, lastLines) = try await command.run { try await $0.lastLines() }
    try Task.checkCancellation()
    guard let failure = ending.failure else { return }
    let name = "the command \"\(words.map { HostText($0).text }.joined(separator: " "))\""
    let output = lastLines.map { $0.isEmpty ? "" : ": \($0)" } ?? ""
    throw Failure(description: "\(name) \(failure)\(output)")
  }
}
