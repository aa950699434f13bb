import Diagnostics

/// A violation of the protocol by a host, as a message for the user. It only concerns that host, not the
/// change or other hosts.
struct ConversationFault: TransientFailure, CustomStringConvertible {
  let description: String
  /// Whether a retry may succeed, as with a host that was only slow.
  let isTransient: Bool

  private init(_ description: String, isTransient: Bool = false) {
    self.description = description
    self.isTransient = isTransient
  }

  private static let remedy =
    "check what its login shell and /bin/sh run, and whether it is compromised"

  /// - Parameter heard: the output before the launcher started.
  static func tooLate(after time: Duration, _ heard: [HostText] = []) -> ConversationFault {
    ConversationFault(
      "it did not finish within \(time.components.seconds) s: find out what keeps it busy"
        + quoting(heard),
      isTransient: true)
  }

  static func tooMuch(
    _ what: String, limit: Int, _ heard: [HostText] = []
  ) -> ConversationFault {
    ConversationFault("it sent \(what) of more than \(limit) bytes: \(remedy)" + quoting(heard))
  }

  /// - Parameter word: the unknown word, as the host sent it.
  static func unknown(_ word: String) -> ConversationFault {
    ConversationFault(
      "it sent \"\(HostText(word, limit: 200))\", which this version of deploy does not know")
  }

  /// - Parameter message: a message that is not allowed at this point.
  static func outOfTurn(_ message: TransactionMessage) -> ConversationFault {
    ConversationFault(
      "it sent \"\(message.word.rawValue)\" out of turn: \(remedy)")
  }

  /// The host program there belongs to another version of deploy.
  static func otherVersion(_ version: Int) -> ConversationFault {
    ConversationFault(
      "its host program speaks version \(version) of the protocol, but this deploy speaks version"
        + " \(HostProtocol.version): use the same version of deploy")
  }

  /// - Parameter why: the host program's message about the arguments, safe to display.
  static func rejected(_ why: String) -> ConversationFault {
    ConversationFault("its host program rejects the call: \(why). This is a bug in deploy.")
  }

  private static func quoting(_ heard: [HostText]) -> String {
    guard !heard.isEmpty else { return "" }
    return "; before deploy's host program started, it sent:"
      + heard.map { "\n  \($0)" }.joined()
  }

  /// - Parameter words: the host's own words.
  static func unexpected(_ words: String, _ why: String) -> ConversationFault {
    ConversationFault("it answered \"\(HostText(words, limit: 200))\", \(why): \(remedy)")
  }
}
