import Fleet
import Planning
import State

/// One host's transaction, from the controller's side: prepared first, carried out on the word.
struct HostTransaction: Sendable {
  let step: PlannedStep
  /// What is in the release, as `BuiltRelease` has it.
  let record: ReleaseRecord?
  /// SHA-256 in lower-case hex, as the host says it of a release that it has; nil where there is none.
  let manifestDigest: String?
  /// What the step before it left on the host.
  let previous: ConfirmedStep?
  /// Seconds that the host waits for its confirmation.
  let window: Int64
  let budgets: Budgets
  private let conversation: Conversation

  /// Stages the release on the host and has it tested there.
  ///
  /// - Returns: The result instead, where the host refuses or is lost.
  static func prepare(
    _ step: PlannedStep, after previous: ConfirmedStep?, _ release: BuiltRelease,
    on host: any RemoteHost, with program: HostProgram, who: String, window: Int64,
    budgets: Budgets,
    report: @Sendable (ProgressEvent) -> Void
  ) async -> Result<HostTransaction, Failure> {
    do {
      let conversation = try await Conversation.start(
        .transaction(
          TransactionOrder(
            mode: TransactionOrder.Mode(step.kind), release: step.goal.number,
            expected: step.expected ?? previous?.fingerprint ?? .none,
            size: release.archive.bytes.count, patience: budgets.staging.components.seconds,
            window: window, ports: step.ports, who: who)),
        of: program, on: host, becoming: step.connection.usesSudo, budgets.preparation)
      // A host that refuses does not read to the end: what it says counts for more than that.
      var unsent: (any Error)?
      if try await conversation.opens() {
        do { try await conversation.send(release.archive.bytes) } catch { unsent = error }
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
      return .failure(Failure(of: error))
    }
  }

  /// The digest of the manifest of the release that the host is to restore.
  private static func restoredDigest(
    _ found: Fingerprint, _ step: PlannedStep
  ) throws(ConversationFault) -> String {
    guard case .release(let number, let digest?) = found, step.goal == .release(number.value) else {
      throw .unexpected("restores \(found)", "which is not release \(step.goal.number)")
    }
    return digest
  }

  /// Of the manifest that is in force when the host has confirmed; nil where `deploy` has left it.
  var confirmedDigest: String? {
    if case .restore(let restored) = step.kind {
      restored.digest ?? manifestDigest
    } else {
      manifestDigest
    }
  }

  /// The release that is in force until the switch, 0 for none; its manifest need not be readable.
  var releaseBefore: Int {
    previous?.goal.number ?? step.expected?.release?.value ?? 0
  }

  /// A result that takes the place of a transaction.
  struct Failure: Error {
    var result: HostResult

    init(result: HostResult) { self.result = result }

    /// Of a host that did not come as far as being prepared.
    init(of error: any Error) {
      result =
        error is CancellationError || Task.isCancelled
        ? .notAttempted(why: HostResult.stoppedBefore) : .unreachable(why: "\(error)")
    }
  }

  /// Tells the host that the controller is still there; a connection that is lost shows at the word.
  func keepWaiting() async {
    do {
      try await conversation.send(Array("wait\n".utf8), within: budgets.heartbeat)
    } catch {
      // The host drops what was staged, and is prepared again when its turn comes.
    }
  }

  /// Drops what was staged; the host sees the end of its input.
  func abandon() async {
    do {
      await conversation.begin(budgets.abandonment)
      try await conversation.closeInput()
      while let said = try await conversation.next(TransactionMessage.self) {
        if case .message(.refused) = said { return }
      }
    } catch {
      // The host drops it by itself when the connection is gone: there is nothing left to do.
    }
  }

  /// What is known at the end of the conversation.
  enum Outcome {
    case result(HostResult)
    /// The host did not get the word: most likely nothing has happened, and it may be prepared again.
    case notStarted
    /// The release is in force, or the connection was lost: the host waits for its confirmation, or
    /// will say over a new connection what it did.
    case unconfirmed
  }

  func carryOut(report: @Sendable (ProgressEvent) -> Void) async -> Outcome {
    report(.started(host: step.host))
    do {
      await conversation.begin(budgets.transaction(window: .seconds(window)))
      try await conversation.send(Array("go\n".utf8))
    } catch {
      // Some of it may have arrived: the host is asked.
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
      // What the host did meanwhile is settled over a new connection.
    }
    return .unconfirmed
  }
}
