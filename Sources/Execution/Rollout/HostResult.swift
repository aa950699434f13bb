package import Planning

/// What became of one host.
package enum HostResult: Hashable, Sendable {
  case unchanged
  /// The release is served and proven, or `deploy` has left the host.
  case confirmed(HostStep.Goal)
  /// Nothing on the host was touched.
  case refused(Refusal)
  /// The release before is back and proven.
  case reverted(why: String)
  /// Neither release could be proven: somebody has to look.
  case failed(why: String)
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
    case .failed: "failed"
    case .unreachable: "unreachable"
    case .unconfirmed: "unconfirmed"
    case .notAttempted: "not attempted"
    }
  }

  package var isSuccess: Bool {
    switch self {
    case .unchanged, .confirmed: true
    case .refused, .reverted, .failed, .unreachable, .unconfirmed, .notAttempted: false
    }
  }

  /// Whether the change itself failed here, and so would elsewhere; a host that is down, full or busy
  /// says nothing about the others.
  package var speaksAgainstTheChange: Bool {
    switch self {
    case .refused(let refusal): refusal.cause == .change
    case .unconfirmed(_, let cause): cause == .change
    case .reverted, .failed: true
    case .unchanged, .confirmed, .unreachable, .notAttempted: false
    }
  }

  package var detail: String {
    switch self {
    case .unchanged: ""
    case .confirmed(.release(let number)): "release \(number)"
    case .confirmed(.removed): "removed"
    case .refused(let refusal): refusal.why
    case .reverted(let why), .failed(let why), .unreachable(let why),
      .unconfirmed(let why, _), .notAttempted(let why):
      why
    }
  }
}

extension HostResult {
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
