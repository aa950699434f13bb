package import Planning

/// The result of a run on one host.
package enum HostResult: Hashable, Sendable {
  case unchanged
  /// The release is active and verified, or `deploy` was removed from the host.
  case confirmed(HostStep.Goal)
  /// The host was not changed.
  case refused(Refusal)
  /// The previous release is active again and verified.
  case reverted(why: String)
  /// Neither release could be verified: the host needs attention.
  case failed(why: String)
  case unreachable(why: String)
  /// The host got the go signal and its result could not be read; without confirmation it rolls back
  /// automatically.
  case unconfirmed(why: String, cause: Refusal.Cause = .change)
  case notAttempted(why: String)

  package static let stoppedBefore = "the run stopped before this host"

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

  /// All names, those of successes first: the order in which results are counted.
  package static let names = [
    "confirmed", "unchanged", "refused", "reverted", "failed", "unreachable", "unconfirmed",
    "not attempted",
  ]

  /// Whether a result is a success, by its name in a record of a run.
  package static func isSuccess(named name: String) -> Bool {
    ["confirmed", "unchanged"].contains(name)
  }

  package var isSuccess: Bool {
    switch self {
    case .unchanged, .confirmed: true
    case .refused, .reverted, .failed, .unreachable, .unconfirmed, .notAttempted: false
    }
  }

  /// Whether the change itself failed, and would fail on other hosts too; a host that is down, full or busy
  /// does not count.
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
  /// The result of a host that the plan holds.
  init(of hold: HostPlan.Hold) {
    let why = hold.reasons.joined(separator: "; ")
    switch hold.kind {
    case .blocked: self = .refused(Refusal(cause: .host, why: why))
    case .unreachable: self = .unreachable(why: why)
    }
  }
}

/// The reason for the result `refused`: a host's step did not switch, because the change was
/// rejected or because the host cannot take any release now.
package struct Refusal: Hashable, Sendable {
  /// Whether the change or the host caused a refusal; only `change` counts against the rollout.
  package enum Cause: String, Hashable, Sendable {
    /// The change was rejected, for example by `nginx -t`.
    case change
    /// The host cannot take any release now.
    case host
  }

  package var cause: Cause
  package var why: String

  package init(cause: Cause, why: String) {
    self.cause = cause
    self.why = why
  }
}
