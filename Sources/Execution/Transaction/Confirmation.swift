import Diagnostics
import Fleet
import Planning
import State

/// Confirms a release over a new connection: an existing one would still work if the new firewall blocks
/// new ones.
struct Confirmation: Sendable {
  let pool: HostPool
  let surroundings: Surroundings
  let keepReleases: Int

  /// Asks until the host answers that it has confirmed or rolled back.
  ///
  /// - Returns: nil if the host never began.
  func result(of transaction: HostTransaction) async -> HostResult? {
    let step = transaction.step
    let limit = transaction.window + transaction.budgets.rollback.components.seconds
    let end = surroundings.now().adding(seconds: limit)
    var failure: any Error = NoAnswer(description: "")
    repeat {
      do {
        await pool.forget(step.host)
        let left = end.secondsSince1970 - surroundings.now().secondsSince1970
        return try await ask(transaction, within: .seconds(min(left, limit)))
      } catch let error as any TransientFailure where !error.isTransient {
        return Self.unconfirmed(error, on: step.host)
      } catch {
        failure = error
      }
      do {
        try await surroundings.sleep(1)
      } catch {
        return Self.unconfirmed(failure, on: step.host)
      }
    } while surroundings.now() < end
    return Self.unconfirmed(failure, on: step.host)
  }

  /// A host that accepts a new connection and then violates the protocol does not fail the change.
  private static func unconfirmed(_ failure: any Error, on host: HostName) -> HostResult {
    .unconfirmed(
      why:
        "it is not known whether the release was confirmed (\(reason(of: failure, on: host))). If it was not, the host"
        + " rolls back automatically; the next run reports what it has",
      cause: failure is ConversationFault ? .host : .change)
  }

  private struct NoAnswer: Error, CustomStringConvertible { var description: String }

  private func ask(
    _ transaction: HostTransaction, within limit: Duration
  ) async throws -> HostResult? {
    let step = transaction.step
    let conversation = try await pool.call(
      .confirm(
        release: step.goal.release, keep: keepReleases, digest: transaction.manifestDigest),
      step.host, step.connection, transaction.budgets.confirmation(within: limit))
    while let said = try await conversation.next(ConfirmationMessage.self) {
      switch said {
      case .message(.confirmed(let release)):
        guard release == step.goal.release else { throw otherRelease("confirmed", release, step) }
        await pool.keep(conversation, step.host)
        return .confirmed(step.goal)
      case .message(.failed(let previous)):
        return .failed(why: RefusalText.failed(previous, lines: [], step: step))
      case .message(.result(let release, let result)):
        guard release == step.goal.release else { throw otherRelease("result", release, step) }
        return self.result(result, transaction)
      case .message(.waiting), .quoted: break
      }
    }
    throw NoAnswer(
      description: RefusalText.shellEnded(try await conversation.finish(), step.connection))
  }

  private func otherRelease(
    _ word: String, _ release: ReleaseNumber?, _ step: PlannedStep
  ) -> ConversationFault {
    .unexpected("\(word) \(release.orZero)", "but was asked about \(step.goal.name)")
  }

  /// The result that the host recorded; nil if the transaction never began.
  private func result(_ result: ReportedResult, _ transaction: HostTransaction) -> HostResult? {
    let step = transaction.step
    switch result {
    case .confirmed: return .confirmed(step.goal)
    case .reverted(let why):
      return .reverted(why: RefusalText.reversion(why, lines: [], step: step))
    case .replaced: return .reverted(why: "another run has switched the host to another release")
    case .unknown(let inForce):
      return inForce == transaction.releaseBefore
        ? nil
        : .failed(
          why:
            "\(inForce.map { "release \($0)" } ?? "no release") is active, which is neither the new nor the"
            + " previous one")
    }
  }
}
