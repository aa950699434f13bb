import Planning
import State

/// Confirms a release over a connection that is opened for it: one that was open before would also work
/// where a new one is shut out.
struct Confirmation: Sendable {
  let fleet: Fleet
  let surroundings: Surroundings
  /// Seconds that the host waits.
  let window: Int64
  let keepReleases: Int

  /// How long a host may take to undo a release, in seconds.
  private static let secondsToUndo: Int64 = 30
  /// What may pass between two messages of a host that is waited for: it says so every 5 seconds.
  private static let secondsToAnswer = 15

  /// Asks until the host answers: it has confirmed, or it has gone back by itself and says so.
  ///
  /// - Returns: nil where the host never began.
  func verdict(of transaction: HostTransaction) async -> Verdict? {
    let step = transaction.step
    let end = surroundings.now().adding(seconds: window + Self.secondsToUndo)
    var failure = ""
    repeat {
      do {
        await fleet.forget(step.host)
        return try await ask(transaction)
      } catch let error as any TransientFailure where !error.isTransient {
        return .unconfirmed(why: Self.left("\(error)"))
      } catch {
        failure = "\(error)"
      }
      do {
        try await surroundings.sleep(1)
      } catch {
        return .unconfirmed(why: Self.left(failure))
      }
    } while surroundings.now() < end
    return .unconfirmed(why: Self.left(failure))
  }

  private static func left(_ failure: String) -> String {
    "whether the release was confirmed is not known (\(failure)): unless it was, the host goes back to"
      + " the release before by itself, and the next run sees it"
  }

  private struct NoAnswer: Error, CustomStringConvertible { var description: String }

  private func ask(_ transaction: HostTransaction) async throws -> Verdict? {
    let step = transaction.step
    let host = try await fleet.host(step.host, step.connection)
    let conversation = Conversation(
      try await host.start(
        RemoteScript.command(
          RemoteScript.confirmation,
          [String(step.release), String(keepReleases), transaction.manifestDigest],
          becoming: step.connection.becomes)))
    try await conversation.closeInput()
    while let message = try await conversation.next(withinSeconds: Self.secondsToAnswer) {
      switch message {
      case .event("confirmed", _): return .confirmed(release: step.release)
      case .event("broken", let previous):
        return .broken(why: RefusalText.broken(previous, lines: [], step: step))
      case .event("verdict", let text): return verdict(text, transaction)
      case .event, .quoted: break
      }
    }
    throw NoAnswer(description: try await conversation.finish())
  }

  /// What the host wrote down: the release, how it ended, and why.
  private func verdict(_ text: String, _ transaction: HostTransaction) -> Verdict? {
    let step = transaction.step
    let words = text.split(separator: " ", maxSplits: 2).map(String.init)
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
          why: "release \(detail) is in force, which is neither the new one nor the one before")
    }
  }
}
