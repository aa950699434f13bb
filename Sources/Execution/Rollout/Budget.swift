/// What a host may take for one phase of a conversation: more than that is the host's failure.
package struct Budget: Sendable {
  /// From the beginning of the phase to its end, whatever the host says meanwhile.
  package var time: Duration
  /// The same for a host that reports again and again that it waits for another run, or repairs what
  /// an earlier one left.
  package var patience: Duration
  /// Bytes of the longest line.
  package var longestLine: Int
  /// Bytes in all.
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
  /// Rules and files of a large host fit, in lines of up to a verdict map of nft.
  package var survey = Budget(
    .seconds(60), patience: .seconds(600), longestLine: 1 << 20, bytes: 16 << 20)
  package var manifest = Budget(.seconds(60), longestLine: 1 << 16, bytes: 4 << 20)
  /// What staging and validating a release may take on the host, which gives up first and says at what.
  package var staging = Duration.seconds(120)
  /// What a host needs beyond that, and beyond its window, to say how it ended.
  package var ending = Duration.seconds(15)
  /// For a host that waits for the lock or recovers first, before it begins.
  package var recovery = Duration.seconds(300)
  /// What may pass between two messages of a host that is asked to confirm.
  package var answer = Duration.seconds(15)
  /// How long a host may take to roll a release back.
  package var rollback = Duration.seconds(30)
  /// For a few bytes that say that the controller is still there.
  package var heartbeat = Duration.seconds(5)

  /// What programs on a host write about a release: nginx has a line for each file at most.
  private static let transactionBytes = 1 << 20

  package init() {}

  /// For a host with a revoked certificate: others wait for it before they refuse it, and whoever has its
  /// key is to gain no time.
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

  /// - Parameter limit: what is left of the time for all attempts.
  func confirmation(within limit: Duration) -> Budget {
    Budget(min(answer, limit), patience: limit, bytes: Self.transactionBytes)
  }

  var abandonment: Budget { Budget(ending, bytes: Self.transactionBytes) }
}
