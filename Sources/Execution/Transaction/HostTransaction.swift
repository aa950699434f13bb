import Fleet
import Logging
import Planning
import State

/// One host's transaction, from the controller's side: prepared first, carried out on the go signal.
struct HostTransaction: Sendable {
  let step: PlannedStep
  /// The record of the release, as in `BuiltRelease`.
  let record: ReleaseRecord?
  /// SHA-256 of the manifest in lower-case hex, as the host reports it for a restored release; nil if there
  /// is none.
  let manifestDigest: String?
  /// The confirmed result of the host's previous step.
  let previous: ConfirmedStep?
  /// Seconds that the host waits for the confirmation.
  let window: Int64
  let budgets: Budgets
  private let conversation: Conversation

  /// Stages the release on the host and validates it there.
  ///
  /// - Returns: The host's result instead if it refuses or the connection is lost.
  static func prepare(
    _ step: PlannedStep, after previous: ConfirmedStep?, _ release: BuiltRelease,
    in pool: HostPool, who: String, window: Int64, budgets: Budgets,
    report: @Sendable (ProgressEvent) -> Void
  ) async -> Result<HostTransaction, Failure> {
    do {
      let mode = TransactionOrder.Mode(step.kind)
      let conversation = try await pool.call(
        .transaction(
          TransactionOrder(
            mode: mode, release: step.goal.release,
            expected: step.expected ?? previous?.fingerprint ?? .none,
            digest: mode == .install ? release.manifestDigest : nil,
            kept: release.kept.count, size: release.archive.bytes.count,
            patience: budgets.staging.components.seconds, window: window, ports: step.ports,
            who: who)),
        step.host, step.connection, budgets.preparation)
      // A host that refuses does not read everything: its message is more useful than the write error.
      var unsent: (any Error)?
      if try await conversation.opens() {
        do { try await conversation.send(release.input) } catch { unsent = error }
      }
      var lines: [String] = []
      var digest = release.manifestDigest
      while let said = try await conversation.next(TransactionMessage.self) {
        switch said {
        case .quoted(let line): lines.append(line)
        case .message(.staged): report(.staged(host: step.host))
        case .message(.restores(let fingerprint)):
          digest = try restoredDigest(fingerprint, step)
        case .message(.prepared):
          lines.forEach { report(.warned(host: step.host, RefusalText.located($0, step))) }
          return .success(
            HostTransaction(
              step: step, record: release.record, manifestDigest: digest,
              previous: previous, window: window, budgets: budgets, conversation: conversation))
        case .message(.refused(let why)):
          return .failure(
            Failure(result: .refused(RefusalText.refusal(why, lines: lines, step: step))))
        case .message(.waiting), .message(.recovering), .message(.tested): break
        case .message(let message): throw ConversationFault.outOfTurn(message)
        }
      }
      if let unsent { throw unsent }
      let said = try await conversation.finish()
      return .failure(
        Failure(
          result: .refused(
            Refusal(cause: .host, why: RefusalText.shellEnded(said, step.connection)))))
    } catch {
      return .failure(Failure(of: error, on: step.host))
    }
  }

  /// Checks the digest of the manifest of the release to restore.
  private static func restoredDigest(
    _ found: Fingerprint, _ step: PlannedStep
  ) throws(ConversationFault) -> String {
    guard case .release(let number, let digest?) = found, step.goal == .release(number) else {
      throw .unexpected("restores \(found)", "which is not \(step.goal.name)")
    }
    return digest
  }

  /// The digest of the manifest that is current after the confirmation; nil if `deploy` is removed.
  var confirmedDigest: String? {
    if case .restore(let restored) = step.kind {
      restored.digest ?? manifestDigest
    } else {
      manifestDigest
    }
  }

  /// The release that is active until the switch, nil for none; its manifest need not be readable.
  var releaseBefore: ReleaseNumber? {
    if let previous { previous.goal.release } else { step.expected?.release }
  }

  /// The result of a host that has no prepared transaction.
  struct Failure: Error {
    var result: HostResult

    init(result: HostResult) { self.result = result }

    /// The result of a host that could not be prepared.
    init(of error: any Error, on host: HostName) {
      result =
        error is CancellationError || Task.isCancelled
        ? .notAttempted(why: HostResult.stoppedBefore)
        : .unreachable(why: reason(of: error, on: host))
    }
  }

  /// Sends a heartbeat to the host; a lost connection is noticed at the go signal.
  func keepWaiting() async {
    do {
      try await conversation.send(Array("wait\n".utf8), within: budgets.heartbeat)
    } catch {
      // The host drops the staged release, and is prepared again when its turn comes.
    }
  }

  /// Drops the staged release by closing the host's input.
  func abandon() async {
    do {
      await conversation.begin(budgets.abandonment)
      try await conversation.closeInput()
      while let said = try await conversation.next(TransactionMessage.self) {
        if case .message(.refused) = said { return }
      }
    } catch {
      // The host drops it automatically when the connection ends: there is nothing left to do.
    }
  }

  /// What is known when the conversation ends.
  enum Outcome {
    case result(HostResult)
    /// The host did not get the go signal: most likely nothing has happened, and it can be prepared again.
    case notStarted
    /// The release is active, or the connection was lost: the host waits for the confirmation, or reports
    /// its result over a new connection.
    case unconfirmed
  }

  func carryOut(report: @Sendable (ProgressEvent) -> Void) async -> Outcome {
    report(.started(host: step.host))
    do {
      await conversation.begin(budgets.transaction(window: .seconds(window)))
      try await conversation.send(Array("go\n".utf8))
    } catch {
      // Some bytes may have arrived: the host is asked for its result.
      return .unconfirmed
    }
    var lines: [String] = []
    do {
      while let said = try await conversation.next(TransactionMessage.self) {
        switch said {
        case .quoted(let line): lines.append(line)
        case .message(.switching): report(.switching(host: step.host))
        case .message(.applied): return .unconfirmed
        case .message(.reverted(let why)):
          return .result(
            .reverted(why: RefusalText.reversion(why, lines: lines, step: step)))
        case .message(.failed(let previous)):
          return .result(.failed(why: RefusalText.failed(previous, lines: lines, step: step)))
        case .message(.refused(.abandoned)): return .notStarted
        case .message(.refused(let why)):
          return .result(.refused(RefusalText.refusal(why, lines: lines, step: step)))
        case .message(let message): throw ConversationFault.outOfTurn(message)
        }
      }
    } catch {
      // The result is read over a new connection.
    }
    return .unconfirmed
  }
}
