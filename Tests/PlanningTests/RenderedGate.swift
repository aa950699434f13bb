/// The conditions of a rendered server, read as nginx reads them: `set`, and `if` with one comparison.
struct RenderedGate: Hashable {
  private struct Rule: Hashable {
    /// The words in the parentheses of an `if`; empty for what is done in any case.
    var condition: [String]
    var action: [String]
  }

  private var rules: [Rule] = []

  /// Reads the conditions of a file's one server, and none in its locations.
  init(_ text: String) {
    var depth = 0
    var condition: [String]?
    for words in RenderedHost.lines(of: text) {
      guard let first = words.first, !first.hasPrefix("#") else { continue }
      if words.last == "{" {
        depth += 1
        if first == "if" {
          condition = words.dropFirst().dropLast().map { $0.filter { !"()".contains($0) } }
        }
      } else if first == "}" {
        depth -= 1
        condition = nil
      } else if ["set", "return"].contains(first), depth == 1 || condition != nil && depth == 2 {
        rules.append(Rule(condition: condition ?? [], action: words))
      }
    }
  }

  /// The status that a request is refused with; nil if it is let in.
  func refusal(of request: [String: String]) -> String? {
    var values = request
    for rule in rules where holds(rule.condition, values) {
      if rule.action[0] == "return" { return rule.action[1] }
      values[rule.action[1]] = rule.action[2] == "\"\"" ? "" : rule.action[2]
    }
    return nil
  }

  private func holds(_ condition: [String], _ values: [String: String]) -> Bool {
    guard let name = condition.first else { return true }
    let value = values[name] ?? ""
    guard condition.count == 3 else { return !["", "0"].contains(value) }
    switch condition[1] {
    case "=": return value == condition[2]
    case "!=": return value != condition[2]
    default: preconditionFailure("\(condition) is not read here")
    }
  }
}
