import Foundation

/// What a run that stopped advises, read from its message as a person would.
enum Advice: Hashable, CustomStringConvertible {
  /// A command in the message, without `deploy`.
  case command([String])
  /// To put a CA folder aside and make another CA.
  case makeCA(aside: String)
  /// To take the state that the other operator has.
  case takeState
  /// To take the CA folder that the other operator has.
  case takeCA
  /// To take both.
  case takeFolder
  /// To give the same command again.
  case again

  var description: String {
    switch self {
    case .command(let words):
      "deploy " + words.map { $0.hasPrefix("/") ? "FILE" : $0 }.joined(separator: " ")
    case .makeCA: "put the CA folder aside and make another CA"
    case .takeState: "use the newer state"
    case .takeCA: "take the CA folder"
    case .takeFolder: "take the state and the CA folder"
    case .again: "again"
    }
  }

  /// All that a message advises; empty where it names nothing.
  static func all(in message: String) -> [Advice] {
    var all = commands(in: message)
    if let folder = message.firstMatch(of: /\n\s+mv (\S+) \S+\.other\n/)?.output.1 {
      all.removeAll { $0.isToMakeCA }
      all.append(.makeCA(aside: String(folder)))
    }
    // A message is wrapped anywhere.
    let words = message.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    if words.contains(/copy \S*\.state\.json and \S* from where/) {
      all.append(.takeFolder)
    } else {
      if words.contains(/(newer|shared|current) (\S*\.)?state|previous version/) {
        all.append(.takeState)
      }
      if words.contains(/(restore|copy|take|bring)[^.]*(folder|\.ca|\.ca\b)/) {
        all.append(.takeCA)
      }
    }
    if words.contains(
      /continues|the next (run|apply|plan)|run (it |deploy )?again|again when|same command|try again/
    )
      || words.contains("not attempted") || words.contains(" reverted ")
    {
      all.append(.again)
    }
    return all
  }

  private var isToMakeCA: Bool {
    if case .command(let words) = self {
      words.starts(with: ["ca", "create"])
    } else {
      false
    }
  }

  /// Commands in quotation marks, backticks, or on a line of their own.
  private static func commands(in message: String) -> [Advice] {
    let text = message.replacing(/\n\s+/, with: { "\n" + ($0.output.contains("  ") ? "    " : "") })
    let quoted = text.matches(of: /["`]deploy ([a-z][^"`]*)["`]/).map(\.output.1)
    let alone = text.matches(of: /\n    deploy ([a-z][^\n]*)/).map(\.output.1)
    return (quoted + alone).compactMap { words in
      let words = words.split(whereSeparator: \.isWhitespace).map(String.init)
      let isToDo = words.first != "plan" && words.first != "status"
      let isWhole = words.allSatisfy { $0.contains(where: \.isLowercase) || $0.hasPrefix("/") }
      // What a colleague did is not to be overridden.
      return isToDo && isWhole && !words.contains("--override-newer") ? .command(words) : nil
    }
  }
}
