/// Types in words, with code between backticks.
extension Shape {
  /// The type, such as "a period" or "`drop` or `sites`".
  package var words: String {
    switch self {
    case .text(let text): text.form ?? text.noun
    case .choice(let words): Self.either(words.map(\.asCode))
    case .boolean: Self.either(["true".asCode, "false".asCode])
    case .constant(let value): "\(value)".asCode
    case .integer(let range) where range.upperBound == .max:
      "a whole number, at least \(range.lowerBound)"
    case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
    case .list(let element, _): "a list (each \(element.words))"
    case .mapping(let mapping): mapping.form ?? "a mapping"
    case .entries(let value, let name):
      "a mapping from \(name.noun) to \(value.words)"
    case .either(let shapes): Self.either(shapes.map(\.words))
    }
  }

  /// The rules for the texts of the value, each as "a period is …"; those that the words do not say already.
  package var rules: [String] {
    switch self {
    case .text(let text): ["\(text.noun) is \(text.rule)"]
    case .choice, .boolean, .constant, .integer, .mapping: []
    case .list(let element, _): element.rules
    case .entries(let value, let name): ["\(name.noun) is \(name.rule)"] + value.rules
    case .either(let shapes):
      shapes.flatMap(\.rules).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
  }

  private static func either(_ words: [String]) -> String {
    let different = words.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    guard let last = different.last, different.count > 1 else { return different.first ?? "" }
    return different.dropLast().joined(separator: ", ") + " or " + last
  }
}

extension KeyDescription {
  /// What applies without the key: "required", the value, or the words.
  package var absenceWords: String {
    switch absence {
    case .required: "required"
    case .usual(let value): value.asCode
    case .otherwise(let words): words
    }
  }
}

extension String {
  fileprivate var asCode: String { "`\(self)`" }
}
