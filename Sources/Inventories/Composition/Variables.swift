internal import Diagnostics
import Fleet
internal import YAML

/// The values of variables that are not in the inventory: from the command line and from the environment.
package struct GivenVariables: Hashable, Sendable {
  /// Of `--var`. Each must be declared.
  package var named: [String: String]
  /// Of variables of the environment. Those that are not declared are for other inventories.
  package var ambient: [String: String]

  package init(named: [String: String] = [:], ambient: [String: String] = [:]) {
    self.named = named
    self.ambient = ambient
  }
}

/// The name of a variable of an inventory.
package struct VariableName: ValidatedText {
  package let text: String
  package static let noun = "the name of a variable"
  package static let rule = "1 to 63 letters, digits and underscores, not first a digit"

  package init?(_ text: String) {
    guard (1...63).contains(text.utf8.count), text.utf8.first.map({ !$0.isDigit }) == true,
      text.utf8.allSatisfy({ $0.isLetterOrDigit || $0 == UInt8(ascii: "_") })
    else { return nil }
    self.text = text
  }

  package static func repair(_ text: String) -> String? {
    String(text.map { $0 == "-" || $0 == "." ? "_" : $0 })
  }
}

/// The variables that `vars` declares, while their references are replaced.
struct Variables {
  private struct Variable {
    var scalar: Node.Scalar
    var place: SourcePlace
    var isUsed = false
  }

  private var variables: [String: Variable] = [:]
  /// Also those with a mistake: a reference to one is not a second mistake.
  private var names: Set<String> = []

  /// Reads `vars`, and gives each variable its value: that of the command line, of the environment, or its own.
  init(_ node: Node, _ given: GivenVariables, _ found: inout DiagnosticCollector) {
    for entry in node.entries(&found) ?? [] {
      names.insert(entry.key)
      guard let name = entry.name(VariableName.self, &found)?.value.text,
        entry.value.text(&found) != nil, case .scalar(var scalar) = entry.value.content
      else { continue }
      if let text = given.named[name] ?? given.ambient[name] {
        // As if it were written here without quotes; nothing is an empty text.
        scalar = Node.Scalar(text: text, isPlain: !text.isEmpty)
      }
      variables[name] = Variable(scalar: scalar, place: entry.place)
    }
    for name in given.named.keys.sorted() where !names.contains(name) {
      found.report(.unknownVariable(name, known: names))
    }
  }

  /// Reports values for an inventory without variables.
  static func refuse(_ given: GivenVariables, _ found: inout DiagnosticCollector) {
    for name in given.named.keys.sorted() { found.report(.unknownVariable(name, known: [])) }
  }

  /// Reports the variables that nothing refers to.
  func checkUse(_ found: inout DiagnosticCollector) {
    for (name, variable) in variables where !variable.isUsed {
      found.report(.unusedVariable(name, at: variable.place))
    }
  }

  /// The value in which each reference is replaced by the value of its variable. Keys stay as they are.
  mutating func resolving(_ node: Node, _ found: inout DiagnosticCollector) -> Node {
    var node = node
    switch node.content {
    case .scalar(let scalar):
      if scalar.text.utf8.contains(UInt8(ascii: "$")) {
        node.content = .scalar(resolving(scalar, at: node.place, &found))
      }
    case .sequence(let elements):
      node.content = .sequence(elements.map { resolving($0, &found) })
    case .mapping(let entries):
      node.content = .mapping(
        entries.map {
          Node.Entry(key: $0.key, place: $0.place, value: resolving($0.value, &found))
        })
    }
    return node
  }

  private mutating func resolving(
    _ scalar: Node.Scalar, at place: SourcePlace, _ found: inout DiagnosticCollector
  ) -> Node.Scalar {
    var resolved = scalar
    let parts = Reference.parts(of: scalar.text)
    resolved.text = ""
    for part in parts {
      switch part {
      case .text(let text): resolved.text += text
      case .broken(let text):
        found.report(.brokenReference(text, at: place))
        resolved.text += text
      case .variable(let name):
        guard let value = variables[name]?.scalar else {
          if !names.contains(name) {
            found.report(.undeclaredVariable(name, known: names, at: place))
          }
          continue
        }
        variables[name]?.isUsed = true
        resolved.text += value.text
        // A value that is nothing but a reference has the type that the variable has.
        if parts.count == 1 { resolved.isPlain = value.isPlain }
      }
    }
    return resolved
  }
}

/// A part of a text with references such as `${region}`. `$${` is the text `${`; any other `$` is itself.
private enum Reference {
  case text(String)
  case variable(String)
  /// What begins like a reference and is not one.
  case broken(String)

  static func parts(of text: String) -> [Reference] {
    var parts: [Reference] = []
    var rest = text[...]
    while let start = rest.firstRange(of: "${") {
      let before = rest[..<start.lowerBound]
      if before.hasSuffix("$") {
        parts.append(.text(before.dropLast() + "${"))
        rest = rest[start.upperBound...]
        continue
      }
      if !before.isEmpty { parts.append(.text(String(before))) }
      let end = rest[start.upperBound...].firstIndex(of: "}") ?? rest.endIndex
      let name = String(rest[start.upperBound..<end])
      if end < rest.endIndex, VariableName(name) != nil {
        parts.append(.variable(name))
      } else {
        parts.append(.broken(String(rest[start.lowerBound..<end]) + rest[end...].prefix(1)))
      }
      rest = rest[end...].dropFirst()
    }
    if !rest.isEmpty || parts.isEmpty { parts.append(.text(String(rest))) }
    return parts
  }
}

extension Diagnostic {
  fileprivate static func unknownVariable(_ name: String, known: Set<String>) -> Diagnostic {
    Diagnostic(
      .error, InventoryMistake.undeclaredVariable.rawValue, at: nil,
      detail: "The command line sets \(name.quoted), "
        + (known.isEmpty
          ? "but the inventory has no key \("vars".quoted), which declares variables."
          : "which \("vars".quoted) does not declare."),
      suggestion: Suggestion.nearest(to: name, among: known))
  }

  fileprivate static func undeclaredVariable(
    _ name: String, known: Set<String>, at place: SourcePlace
  ) -> Diagnostic {
    Diagnostic(
      .undeclaredVariable, at: place,
      "\("vars".quoted) does not declare \(name.quoted). Declare it there, or write \("$${\(name)}".quoted) for the"
        + " text itself.",
      suggestion: Suggestion.nearest(to: name, among: known).map { "${\($0)}" })
  }

  fileprivate static func unusedVariable(_ name: String, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .unusedVariable, at: place,
      "Nothing refers to \(name.quoted). Write \("${\(name)}".quoted) where its value belongs, or remove it."
    )
  }

  fileprivate static func brokenReference(_ text: String, at place: SourcePlace) -> Diagnostic {
    Diagnostic(
      .brokenReference, at: place,
      "\(text.quoted) is not a reference such as \("${region}".quoted): the name of a variable is"
        + " \(VariableName.rule). Correct it, or write \("$${".quoted) for the text \("${".quoted)."
    )
  }
}
