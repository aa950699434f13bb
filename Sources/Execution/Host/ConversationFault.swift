import Diagnostics

/// A host did not keep to a conversation, in words for the user: the failure is that host's, and says
/// nothing about the change or about other hosts.
struct ConversationFault: TransientFailure, CustomStringConvertible {
  let description: String
  /// Whether the host may keep to the next conversation, as one that was only slow.
  let isTransient: Bool

  private init(_ description: String, isTransient: Bool = false) {
    self.description = description
    self.isTransient = isTransient
  }

  private static let remedy =
    "see what its login shell and /bin/sh run, and whether it is compromised"

  /// - Parameter heard: what came before the script began.
  static func tooLate(after time: Duration, _ heard: [HostText] = []) -> ConversationFault {
    ConversationFault(
      "it did not come to an end within \(time.components.seconds) s: see what keeps it busy"
        + quoting(heard),
      isTransient: true)
  }

  static func tooMuch(
    _ what: String, limit: Int, _ heard: [HostText] = []
  ) -> ConversationFault {
    ConversationFault("it sent \(what) of more than \(limit) bytes: \(remedy)" + quoting(heard))
  }

  /// - Parameter word: what no conversation of this kind has, as the host said it.
  static func unknown(_ word: String) -> ConversationFault {
    ConversationFault(
      "it said \"\(HostText(word, limit: 200))\", which this version of deploy does not know")
  }

  /// - Parameter message: one that the host may not say at this point.
  static func outOfTurn(_ message: TransactionMessage) -> ConversationFault {
    ConversationFault(
      "it said \"\(message.word.rawValue)\" out of turn: \(remedy)")
  }

  /// The program that runs there is another version's.
  static func otherVersion(_ version: Int) -> ConversationFault {
    ConversationFault(
      "its host program speaks version \(version) of the protocol, this version of deploy speaks"
        + " version \(HostProtocol.version)")
  }

  /// - Parameter why: what the host program says of the arguments, fit to be shown.
  static func rejected(_ why: String) -> ConversationFault {
    ConversationFault("its host program does not take the call: \(why). This is a bug in deploy.")
  }

  private static func quoting(_ heard: [HostText]) -> String {
    guard !heard.isEmpty else { return "" }
    return "; before deploy's script began, it answered:"
      + heard.map { "\n  \($0)" }.joined()
  }

  /// - Parameter words: what the host said, as it said it.
  static func unexpected(_ words: String, _ why: String) -> ConversationFault {
    ConversationFault("it answered \"\(HostText(words, limit: 200))\", \(why): \(remedy)")
  }
}
