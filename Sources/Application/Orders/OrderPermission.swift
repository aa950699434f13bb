import ACME
import Fleet
import Inventories

/// An order whose CA obeys the CAA records of the names (RFC 8659). Orders and `deploy check` judge records with this.
struct OrderPermission: Sendable {
  private let site: Site
  private let names: [String]
  private let server: String
  private let kind: ChallengeKind
  /// The domains by which records name the CA.
  private let identities: Set<String>

  /// Nil if it is not known how records name the CA.
  ///
  /// - Parameters:
  ///   - names: those that are ordered; nil for all that the site needs.
  ///   - directory: what the server says about itself; nil if it was not asked.
  init?(
    for site: Site, _ names: [String]? = nil, with account: ACMEAccount,
    at directory: Directory? = nil
  ) {
    let said = directory?.meta?.caaIdentities ?? []
    let known = said.isEmpty ? account.directory.caaIdentities : Set(said)
    guard let known else { return nil }
    self.site = site
    self.names = names ?? site.orderedNames
    server = account.directory.server
    kind = account.dns == nil ? .http01 : .dns01
    identities = known
  }

  /// One question to the DNS.
  struct Question: Sendable {
    let permission: OrderPermission
    let name: String
  }

  var questions: [Question] {
    names.map { Question(permission: self, name: $0) }
  }

  /// Why the CA would refuse the order because of a name's records, and what to do; nil if it would not.
  ///
  /// - Parameter name: one of the ordered names.
  func warning(of name: String, _ policy: CAAPolicy) -> String? {
    guard let objection = policy.objection(to: identities, for: name, by: kind) else { return nil }
    let identity = identities.sorted()[0]
    return
      "\(site.place): \(server) will probably refuse the certificate of \(site.domain), because of \(name):"
      + " \(objection). Allow it there, for example with the record 0 issue \"\(identity)\", or order from a CA"
      + " that the records allow"
  }
}

/// Looks up CAA records for orders, many at a time and for a short time: the CA looks them up in any case.
struct CAALookup: Sendable {
  private static let mostAtOnce = 16

  var dns = DNSClient()
  /// How long all questions may take together.
  var seconds: Int64 = 5
  var clock: any ACMEClock = RunClock()

  /// What the records say about orders.
  struct Findings: Hashable, Sendable {
    /// In the order of the questions.
    var warnings: [String] = []
    /// That some records could not be looked up, and why; nil if all were.
    var note: String?
  }

  private enum Answer: Sendable {
    case policy(Int, CAAPolicy)
    case failure(DNSError)
    case deadline
  }

  func findings(for permissions: [OrderPermission]) async -> Findings {
    let questions = permissions.flatMap(\.questions)
    guard !questions.isEmpty else { return Findings() }
    var policies: [Int: CAAPolicy] = [:]
    var reason = "the DNS did not answer within \(seconds) s"
    await withTaskGroup(of: Answer.self) { group in
      group.addTask {
        try? await clock.wait(seconds: seconds)
        return .deadline
      }
      var waiting = questions.indices.makeIterator()
      func askNext() {
        guard let index = waiting.next() else { return }
        group.addTask { await answer(to: questions[index].name, index) }
      }
      for _ in 0..<Self.mostAtOnce { askNext() }
      var answers = 0
      for await answer in group {
        if case .deadline = answer { break }
        answers += 1
        if case .policy(let index, let policy) = answer { policies[index] = policy }
        if case .failure(let error) = answer { reason = error.description }
        if answers == questions.count { break }
        askNext()
      }
      group.cancelAll()
    }
    var findings = Findings()
    for (index, question) in questions.enumerated() {
      guard let policy = policies[index] else { continue }
      if let warning = question.permission.warning(of: question.name, policy) {
        findings.warnings.append(warning)
      }
    }
    let open = questions.indices.filter { policies[$0] == nil }.map { questions[$0].name }
    findings.note = note(about: open, reason)
    return findings
  }

  private func answer(to name: String, _ index: Int) async -> Answer {
    do throws(DNSError) {
      return .policy(index, try await dns.caaPolicy(for: name))
    } catch {
      return .failure(error)
    }
  }

  private func note(about names: [String], _ reason: String) -> String? {
    guard let first = names.first else { return nil }
    let others =
      switch names.count {
      case 1: ""
      case 2: " and another name"
      case let count: " and \(count - 1) other names"
      }
    return "the CAA records of \(first)\(others) were not checked: \(reason)"
  }
}
