package import Planning

/// What became of one host.
package enum Verdict: Hashable, Sendable {
  case unchanged
  /// The release is served and proven, or `deploy` has left the host.
  case confirmed(HostStep.Goal)
  /// Nothing on the host was touched.
  case refused(Refusal)
  /// The release before is back and proven.
  case reverted(why: String)
  /// Neither release could be proven: somebody has to look.
  case broken(why: String)
  case unreachable(why: String)
  /// The host got the word and cannot be asked how it ended; it goes back by itself.
  case unconfirmed(why: String, cause: Refusal.Cause = .change)
  case notAttempted(why: String)

  package static let stoppedBefore = "the run stopped before it was changed"

  package var name: String {
    switch self {
    case .unchanged: "unchanged"
    case .confirmed: "confirmed"
    case .refused: "refused"
    case .reverted: "reverted"
    case .broken: "broken"
    case .unreachable: "unreachable"
    case .unconfirmed: "unconfirmed"
    case .notAttempted: "not attempted"
    }
  }

  package var isSuccess: Bool {
    switch self {
    case .unchanged, .confirmed: true
    case .refused, .reverted, .broken, .unreachable, .unconfirmed, .notAttempted: false
    }
  }

  /// Whether the change itself failed here, and so would elsewhere; a host that is down, full or busy
  /// says nothing about the others.
  package var speaksAgainstTheChange: Bool {
    switch self {
    case .refused(let refusal): refusal.cause == .change
    case .unconfirmed(_, let cause): cause == .change
    case .reverted, .broken: true
    case .unchanged, .confirmed, .unreachable, .notAttempted: false
    }
  }

  package var detail: String {
    switch self {
    case .unchanged: ""
    case .confirmed(.release(let number)): "release \(number)"
    case .confirmed(.removed): "removed"
    case .refused(let refusal): refusal.why
    case .reverted(let why), .broken(let why), .unreachable(let why),
      .unconfirmed(let why, _), .notAttempted(let why):
      why
    }
  }
}

extension Verdict {
  /// Of a host that the plan leaves out.
  init(of hold: HostPlan.Hold) {
    let why = hold.reasons.joined(separator: "; ")
    switch hold.kind {
    case .blocked: self = .refused(Refusal(cause: .host, why: why))
    case .unreachable: self = .unreachable(why: why)
    }
  }
}

/// Why a host took nothing.
package struct Refusal: Hashable, Sendable {
  package enum Cause: String, Hashable, Sendable {
    /// The configuration does not pass.
    case change
    /// The host cannot take any.
    case host
  }

  package var cause: Cause
  package var why: String

  package init(cause: Cause, why: String) {
    self.cause = cause
    self.why = why
  }
}

/// What became of every host of a run.
package struct Ledger: Hashable, Sendable {
  /// Why a run stopped that the user stopped.
  package static let interrupted = "interrupted"

  package var verdicts: [String: Verdict]
  /// What ended the run before its time.
  package var stopped: String?

  package init(verdicts: [String: Verdict] = [:], stopped: String? = nil) {
    self.verdicts = verdicts
    self.stopped = stopped
  }

  package var isSuccess: Bool { stopped == nil && verdicts.values.allSatisfy(\.isSuccess) }
}

/// What happens while a plan is carried out, for whoever shows it.
package enum ProgressEvent: Hashable, Sendable {
  case connecting(host: String)
  case surveyed(host: String)
  case staged(host: String)
  case prepared(host: String)
  /// It is given the word: from here on only the host knows how it ends.
  case started(host: String)
  case switching(host: String)
  /// A line that a host's nginx said while it accepted the release, or what went wrong behind a host.
  case warned(host: String, String)
  /// A line that a command of the playbook wrote.
  case hookSaid(host: String, String)
  case settled(host: String, Verdict)
  case pausing(seconds: Int64)
  case verifying(hosts: [String])
  /// Edges that could not be tried, a line each.
  case untried(edges: [String])
}
