/// The limits of one phase of a conversation with a host; a host that exceeds one has failed.
package struct Budget: Sendable {
  /// From the beginning of the phase to its end, no matter what the host sends.
  package var time: Duration
  /// The limit for a host that keeps reporting that it waits for another run, or recovers from an earlier
  /// one.
  package var patience: Duration
  /// Bytes of the longest line.
  package var longestLine: Int
  /// Bytes in total.
  package var bytes: Int

  package init(
    _ time: Duration, patience: Duration = .zero, longestLine: Int = 1 << 16, bytes: Int
  ) {
    self.time = time
    self.patience = max(time, patience)
    self.longestLine = longestLine
    self.bytes = bytes
  }
}

/// The budgets of all phases of a run.
package struct Budgets: Sendable {
  /// Large enough for the rules and files of a large host, including an nft map in one line.
  package var survey = Budget(
    .seconds(60), patience: .seconds(600), longestLine: 1 << 20, bytes: 16 << 20)
  package var manifest = Budget(.seconds(60), longestLine: 1 << 16, bytes: 4 << 20)
  /// The time for staging and validating a release. The host has a shorter limit and reports the step.
  package var staging = Duration.seconds(120)
  /// The additional time that a host needs after a limit or its window to report the result.
  package var ending = Duration.seconds(15)
  /// The additional time for a host that first waits for its lock or recovers.
  package var recovery = Duration.seconds(300)
  /// The time between two messages of a host that is asked to confirm.
  package var answer = Duration.seconds(15)
  /// How long a host may take to roll a release back.
  package var rollback = Duration.seconds(30)
  /// The time to send a heartbeat of a few bytes.
  package var heartbeat = Duration.seconds(5)

  /// The bytes that a host may send about a release: nginx prints at most one line for each file.
  private static let transactionBytes = 1 << 20

  package init() {}

  /// Shorter limits for a host with a revoked certificate: other hosts wait for it before they refuse the
  /// certificate, and an attacker with its key must not gain time.
  var brief: Budgets {
    var brief = self
    brief.staging = min(staging, .seconds(30))
    brief.ending = min(ending, .seconds(5))
    brief.recovery = .zero
    brief.answer = min(answer, .seconds(5))
    brief.rollback = min(rollback, .seconds(10))
    return brief
  }

  var preparation: Budget {
    Budget(staging + ending, patience: staging + ending + recovery, bytes: Self.transactionBytes)
  }

  func transaction(window: Duration) -> Budget {
    Budget(window + ending, bytes: Self.transactionBytes)
  }

  /// - Parameter limit: the remaining time for all attempts.
  func confirmation(within limit: Duration) -> Budget {
    Budget(min(answer, limit), patience: limit, bytes: Self.transactionBytes)
  }

  var abandonment: Budget { Budget(ending, bytes: Self.transactionBytes) }
}
