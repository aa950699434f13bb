/// The protocol between the controller and the host program.
///
/// Every line for the controller begins with `@deploy `, a word and a space; a program's own words follow
/// `| `. The words are the enumerations in the files next to this one; a test compares them with those of
/// the program. Any other word, number or name ends the conversation with an error that names it.
enum HostProtocol {
  /// The version, which the program sends first. It changes if the meaning of a word or an argument does.
  static let version = 1
}

/// A message of one kind of conversation, with its arguments as values.
protocol HostMessage: Equatable, Sendable {
  associatedtype Word: RawRepresentable<String> & CaseIterable & Sendable

  /// - Parameter value: the rest of the line after the word, as the host sent it.
  init(_ word: Word, _ value: String) throws(ConversationFault)

  /// Whether the host only reports that it is busy with something else before it continues.
  var isHeartbeat: Bool { get }

  /// Whether its value is from a file of the user, which may have a secret: a log has its length only.
  var quotesFile: Bool { get }
}

extension HostMessage {
  init(word: String, value: String) throws(ConversationFault) {
    guard let known = Word(rawValue: word) else { throw .unknown(word) }
    try self.init(known, value)
  }

  var isHeartbeat: Bool { false }
  var quotesFile: Bool { false }
}

/// A line of a conversation.
enum Said<Message: HostMessage>: Equatable {
  case message(Message)
  /// A line of a program's output, safe to display.
  case quoted(String)
}

/// What a host sends at the beginning of a conversation, until the host program runs with the
/// controller's version of the protocol. A host without that program asks for it.
///
/// `Conversation.opens()` reads these messages; the messages of the task follow.
enum OpeningMessage: HostMessage {
  /// The launcher runs: the output before was the login shell's.
  case begin
  /// The host does not have the program, or a different one: it must be sent.
  case missing
  /// The program runs, and speaks this version of the protocol.
  case version(Int)
  /// The program rejects the arguments; the text says why.
  case rejected(String)

  enum Word: String, CaseIterable { case begin, missing, version, rejected }

  init(_ word: Word, _ value: String) throws(ConversationFault) {
    switch word {
    case .begin: self = try HostValues.bare(value, of: word.rawValue, .begin)
    case .missing: self = try HostValues.bare(value, of: word.rawValue, .missing)
    case .version: self = .version(try HostValues.integer(value, in: 1...1000, of: word.rawValue))
    case .rejected: self = .rejected(HostValues.text(value))
    }
  }
}

/// The manifest of a release that a host still has.
enum ManifestMessage: HostMessage {
  case line(String)
  case end

  enum Word: String, CaseIterable { case manifest, end }

  init(_ word: Word, _ value: String) throws(ConversationFault) {
    switch word {
    case .manifest: self = .line(value)
    case .end: self = try HostValues.bare(value, of: word.rawValue, .end)
    }
  }
}
