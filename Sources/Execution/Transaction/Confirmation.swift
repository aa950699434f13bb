import Diagnostics
import Fleet
import Planning
import State

/// Confirms a release over a connection that is opened for it: one that was open before would also work
/// where a new one is shut out.
struct Confirmation: Sendable {
  let fleet: Fleet
  let surroundings: Surroundings
  let keepReleases: Int

  /// Asks until the host answers: it has confirmed, or it has gone back by itself and says so.
  ///
  /// - Returns: nil where the host never began.
  func verdict(of transaction: HostTransaction) async -> Verdict? {
    let step = transaction.step
    let limit = transaction.window + transaction.budgets.rollback.components.seconds
    let end = surroundings.now().adding(seconds: limit)
    var failure: any Error = NoAnswer(description: "")
    repeat {
      do {
        await fleet.forget(step.host)
        let left = end.secondsSince1970 - surroundings.now().secondsSince1970
        return try await ask(transaction, within: .seconds(min(left, limit)))
      } catch let error as any TransientFailure where !error.isTransient {
        return Self.unconfirmed(error)
      } catch {
        failure = error
      }
      do {
        try await surroundings.sleep(1)
      } catch {
        return Self.unconfirmed(failure)
      }
    } while surroundings.now() < end
    return Self.unconfirmed(failure)
  }

  /// A host that lets a new connection in and then talks nonsense says nothing about the change.
  private static func unconfirmed(_ failure: any Error) -> Verdict {
    .unconfirmed(
      why:
        "whether the release was confirmed is not known (\(failure)): unless it was, the host goes"
        + " back to the release before by itself, and the next run sees it",
      cause: failure is ConversationFault ? .host : .change)
  }

  private struct NoAnswer: Error, CustomStringConvertible { var description: String }

  private func ask(
    _ transaction: HostTransaction, within limit: Duration
  ) async throws -> Verdict? {
    let step = transaction.step
    let host = try await fleet.host(step.host, step.connection)
    let conversation = try await Conversation.start(
      RemoteScript.confirmation,
      [String(step.release), String(keepReleases), transaction.manifestDigest], on: host,
      becoming: step.connection.usesSudo, transaction.budgets.confirmation(within: limit))
    try await conversation.closeInput()
    while let message = try await conversation.next() {
      switch message {
      case .event("confirmed", let release):
        guard release == String(step.release) else {
          throw ConversationFault.unexpected(
            "confirmed \(release)", "but was asked about release \(step.release)")
        }
        return .confirmed(release: step.release)
      case .event("broken", let previous):
        return .broken(why: RefusalText.broken(previous, lines: [], step: step))
      case .event("verdict", let text): return try verdict(text, transaction)
      case .event, .quoted: break
      }
    }
    throw NoAnswer(
      description: RefusalText.shellEnded(try await conversation.finish(), step.connection))
  }

  /// What the host wrote down: the release, how it ended, and why.
  private func verdict(
    _ text: String, _ transaction: HostTransaction
  ) throws(ConversationFault) -> Verdict? {
    let step = transaction.step
    let words = text.split(separator: " ", maxSplits: 2).map(String.init)
    guard words.first == String(step.release) else {
      throw .unexpected("verdict \(text)", "but was asked about release \(step.release)")
    }
    let detail = words.count == 3 ? words[2] : ""
    switch words.count > 1 ? words[1] : "" {
    case "confirmed": return .confirmed(release: step.release)
    case "reverted": return .reverted(why: RefusalText.reversion(detail, lines: [], step: step))
    case "replaced": return .reverted(why: "another run has put a release of its own in force")
    default:
      let before = transaction.releaseBefore
      return detail == String(before)
        ? nil
        : .broken(
          why:
            "release \(HostText(detail, limit: 20)) is in force, which is neither the new one nor the one before"
        )
    }
  }
}
