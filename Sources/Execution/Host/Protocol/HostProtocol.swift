/// What both sides of a conversation with the host program have to agree on.
///
/// Every line for the controller begins with `@deploy `, a word and a space; a program's own words follow
/// `| `. The words are the enumerations beside this file, and a test compares them with those that the
/// program says. A word, a number or a name that is not in them ends the conversation with an error that
/// names it.
enum HostProtocol {
  /// The program says it first. It changes with the meaning of a word or an argument.
  static let version = 1
}

/// A message of one kind of conversation, with its arguments as values.
protocol HostMessage: Equatable, Sendable {
  associatedtype Word: RawRepresentable<String> & CaseIterable & Sendable

  /// - Parameter value: what follows the word on its line, as the host said it.
  init(_ word: Word, _ value: String) throws(ConversationFault)

  /// Whether the host only says that it is busy with something else before it goes on.
  var isHeartbeat: Bool { get }
}

extension HostMessage {
  init(word: String, value: String) throws(ConversationFault) {
    guard let known = Word(rawValue: word) else { throw .unknown(word) }
    try self.init(known, value)
  }

  var isHeartbeat: Bool { false }
}

/// A line of a conversation.
enum Said<Message: HostMessage>: Equatable {
  case message(Message)
  /// A line of some program's own words, fit to be shown.
  case quoted(String)
}

/// How every conversation opens, whatever it is about.
enum OpeningMessage: HostMessage {
  /// The launcher runs: what came before it was the login shell's.
  case begin
  /// The host does not have the program, or an altered one: it is to be sent.
  case missing
  /// The program runs, and speaks this version of the protocol.
  case version(Int)
  /// The program does not take the arguments, and why.
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
