import Diagnostics
import Fleet
import State

/// Parses the values of a host's answer and checks that they are plausible.
///
/// Each function throws an error with the host's words and why they are not valid.
enum HostValues {
  /// The maximum number of entries of one kind in an answer.
  static let mostEntries = 50_000

  static func integer(
    _ text: some StringProtocol, in range: ClosedRange<Int>, of word: String
  ) throws(ConversationFault) -> Int {
    guard !text.isEmpty, text.utf8.count <= 19, text.utf8.allSatisfy(isDigit),
      let value = Int(text), range.contains(value)
    else {
      throw .unexpected(
        "\(word) \(text)", "which is not a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// The number of a release, small enough that further ones can follow.
  static func release(
    _ text: String, of word: String
  ) throws(ConversationFault) -> ReleaseNumber {
    guard let number = ReleaseNumber(text), number.value < ReleaseNumber.range.upperBound else {
      throw .unexpected("\(word) \(text)", "which is not the number of a release")
    }
    return number
  }

  /// The number of a release; nil for 0, which means none.
  static func releaseOrNone(
    _ text: String, of word: String
  ) throws(ConversationFault) -> ReleaseNumber? {
    text == "0" ? nil : try release(text, of: word)
  }

  static func fingerprint(
    _ text: String, of word: String
  ) throws(ConversationFault) -> Fingerprint {
    guard let fingerprint = Fingerprint(rawValue: text) else {
      throw .unexpected("\(word) \(text)", "which is not a release and its digest")
    }
    return fingerprint
  }

  /// A host's own words, safe to display.
  static func text(_ text: String) -> String { HostText(text).text }

  /// The first word of a value, and the rest.
  static func divided(_ text: String) -> (word: String, rest: String) {
    guard let space = text.utf8.firstIndex(of: UInt8(ascii: " ")) else { return (text, "") }
    return (String(text[..<space]), String(text[text.utf8.index(after: space)...]))
  }

  static func moment(_ text: String, of word: String) throws(ConversationFault) -> Timestamp {
    guard let seconds = Int64(text), let moment = Timestamp(exactly: seconds) else {
      throw .unexpected("\(word) \(text)", "which is not a time between 1970 and 9999")
    }
    return moment
  }

  /// A path below the folder of a release.
  static func path(_ text: some StringProtocol, of word: String) throws(ConversationFault) -> String
  {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard text.utf8.count <= 255, isPlain(text),
      !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." })
    else { throw .unexpected("\(word) \(text)", "which is not a path below a release") }
    return String(text)
  }

  static func absolutePath(_ text: String, of word: String) throws(ConversationFault) -> String {
    guard text.hasPrefix("/"), text.utf8.count <= 4096, isPlain(text) else {
      throw .unexpected("\(word) \(text)", "which is not an absolute path")
    }
    return text
  }

  /// An IPv4 or IPv6 address as text, possibly with a zone, which is the name of an interface.
  static func address(_ text: String, of word: String) throws(ConversationFault) -> String {
    let number = text.utf8.prefix { $0 != UInt8(ascii: "%") }
    let isAddress =
      (2...64).contains(text.utf8.count) && number.contains { ".:".utf8.contains($0) }
      && number.allSatisfy { "0123456789abcdefABCDEF.:".utf8.contains($0) }
      && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    guard isAddress else { throw .unexpected("\(word) \(text)", "which is not an address") }
    return text
  }

  /// A program's name, such as those that a transaction needs.
  static func name(_ text: String, of word: String) throws(ConversationFault) -> String {
    let isName =
      (1...40).contains(text.utf8.count)
      && text.utf8.allSatisfy { isDigit($0) || (0x61...0x7A).contains($0) || $0 == 0x2D }
    guard isName else { throw .unexpected("\(word) \(text)", "which is not a program's name") }
    return text
  }

  static func choice<Choice: RawRepresentable<String>>(
    _ text: String, of word: String
  ) throws(ConversationFault) -> Choice {
    guard let choice = Choice(rawValue: text) else {
      throw .unexpected("\(word) \(text)", "which is not known here")
    }
    return choice
  }

  static func nothing(_ text: String, of word: String) throws(ConversationFault) {
    guard text.isEmpty else { throw .unexpected("\(word) \(text)", "which has too many words") }
  }

  /// Returns the message if nothing follows its word.
  static func bare<Message>(
    _ text: String, of word: String, _ message: Message
  ) throws(ConversationFault) -> Message {
    try nothing(text, of: word)
    return message
  }

  /// Limits the number of entries, because they are kept in memory.
  static func checkCount(_ count: Int, of word: String) throws(ConversationFault) {
    guard count <= mostEntries else {
      throw .unexpected(word, "more than \(mostEntries) times")
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isPlain(_ text: some StringProtocol) -> Bool {
    text.unicodeScalars.allSatisfy { !$0.isDeceptive && $0 != "\u{FFFD}" }
  }
}
