package import Diagnostics

/// The type of a value by the core schema of YAML 1.2 (chapter 10.3), in which `no` is text.
extension Node {
  private enum Kind: String {
    case null = "nothing"
    case boolean = "true or false"
    case number = "a number"
    case text = "text"
    case list = "a list"
    case mapping = "a mapping"
  }

  /// The type of the value as a noun with its article, for messages.
  var kind: String { resolvedKind.rawValue }

  /// The type by the core schema; a scalar that is not plain is text.
  private var resolvedKind: Kind {
    switch content {
    case .sequence: return .list
    case .mapping: return .mapping
    case .scalar(let scalar):
      guard scalar.isPlain else { return .text }
      switch scalar.text {
      case "", "~", "null", "Null", "NULL": return .null
      case "true", "True", "TRUE", "false", "False", "FALSE": return .boolean
      default:
        return scalar.isInteger || scalar.isDecimal ? .number : .text
      }
    }
  }

  /// The entries of a mapping; reports any other value.
  package func entries(_ found: inout DiagnosticCollector) -> [Entry]? {
    guard case .mapping(let entries) = content else {
      found.report(.wrongType(self, expected: "a mapping"))
      return nil
    }
    return entries
  }

  /// The elements of a list; reports any other value.
  ///
  /// - Parameter expected: what should be here, with its article, for the message.
  package func elements(
    _ found: inout DiagnosticCollector, expected: String = "a list"
  ) -> [Node]? {
    guard case .sequence(let elements) = content else {
      found.report(.wrongType(self, expected: expected))
      return nil
    }
    return elements
  }

  /// The characters of a scalar; where text is expected, a number is also text.
  package func text(
    _ found: inout DiagnosticCollector, expected: String = "text"
  ) -> String? {
    guard case .scalar(let scalar) = content, resolvedKind != .null else {
      found.report(.wrongType(self, expected: expected))
      return nil
    }
    return scalar.text
  }

  /// The folder to which a path in a scalar is relative; empty for any other value.
  package var folder: String {
    if case .scalar(let scalar) = content { scalar.folder } else { "" }
  }

  /// Whether the value is the word, with or without quotes.
  package func isWord(_ word: String) -> Bool {
    if case .scalar(let scalar) = content { scalar.text == word } else { false }
  }

  /// True or false; reports any other value.
  package func boolean(_ found: inout DiagnosticCollector) -> Bool? {
    guard case .scalar(let scalar) = content, resolvedKind == .boolean else {
      found.report(
        .wrongType(
          self, expected: "true or false",
          remedy: meantBoolean.map { "Write \($0), without quotes." }))
      return nil
    }
    return scalar.text.first == "t" || scalar.text.first == "T"
  }

  /// Whether the value is `true`, for a key that also allows other types.
  package var isTrue: Bool {
    guard case .scalar(let scalar) = content else { return false }
    return resolvedKind == .boolean && scalar.text.lowercased() == "true"
  }

  /// What a text means that YAML 1.1 or its author took for a boolean, such as `yes`.
  private var meantBoolean: Bool? {
    guard case .scalar(let scalar) = content else { return nil }
    return switch scalar.text.lowercased() {
    case "true", "yes", "on": true
    case "false", "no", "off": false
    default: nil
    }
  }

  /// A whole number: decimal, `0o` octal or `0x` hexadecimal. Reports anything else, and numbers
  /// outside the range.
  package func integer(
    in range: ClosedRange<Int>, _ found: inout DiagnosticCollector
  ) -> Int? {
    guard case .scalar(let scalar) = content, scalar.isPlain, scalar.isInteger else {
      found.report(.wrongType(self, expected: "a whole number"))
      return nil
    }
    guard let number = scalar.integer, range.contains(number) else {
      found.report(.outOfRange(scalar.text, range, at: place))
      return nil
    }
    return number
  }

  /// A value that `parse` makes from text; reports text for which it returns nil.
  ///
  /// - Parameters:
  ///   - noun: what the value is, with its article, for messages.
  ///   - rule: what is allowed, as the end of a sentence after "which is".
  ///   - repair: returns what was probably meant. It is suggested if it is valid.
  package func value<Value>(
    noun: String, rule: String, _ found: inout DiagnosticCollector,
    repair: (String) -> String? = { _ in nil }, parse: (String) -> Value?
  ) -> Value? {
    guard let text = text(&found, expected: noun) else { return nil }
    guard let value = parse(text) else {
      let repaired = repair(text).flatMap { parse($0) == nil ? nil : $0 }
      found.report(
        .invalidValue(text, noun: noun, rule: rule, at: place, suggestion: repaired))
      return nil
    }
    return value
  }

  /// The case whose raw value is the text; reports any other text.
  package func choice<Value: CaseIterable & Equatable & RawRepresentable<String>>(
    of type: Value.Type, _ found: inout DiagnosticCollector
  ) -> Value? {
    let known = Value.allCases.map(\.rawValue)
    guard let text = text(&found, expected: "one of " + known.joined(separator: ", ")) else {
      return nil
    }
    guard let value = Value(rawValue: text) else {
      found.report(.unknownChoice(text, known: known, at: place))
      return nil
    }
    return value
  }
}

extension Node.Scalar {
  private var isNegative: Bool { text.utf8.first == UInt8(ascii: "-") }

  /// The digits without sign and prefix, and their base.
  private var digits: (text: Substring, radix: Int) {
    if text.hasPrefix("0o") { return (text.dropFirst(2), 8) }
    if text.hasPrefix("0x") { return (text.dropFirst(2), 16) }
    let hasSign = isNegative || text.utf8.first == UInt8(ascii: "+")
    return (hasSign ? text.dropFirst() : text[...], 10)
  }

  fileprivate var isInteger: Bool {
    let (digits, radix) = digits
    return !digits.isEmpty
      && digits.unicodeScalars.allSatisfy { $0.isASCII && Int(String($0), radix: radix) != nil }
  }

  fileprivate var isDecimal: Bool {
    text.utf8.allSatisfy("0123456789+-.eE".utf8.contains) && Double(text) != nil
  }

  /// Nil if the number does not fit in an Int.
  fileprivate var integer: Int? {
    let (digits, radix) = digits
    return Int((isNegative ? "-" : "") + digits, radix: radix)
  }
}
