package import Fleet

/// Which front-ends a back-end serves a site to, by the common names of their certificates.
package enum Admission: Hashable, Sendable {
  /// Every host with a client certificate of the CA: releases of 0.1.0 check nothing else.
  case everyone
  case frontEnds(Set<HostName>)

  /// Admits everyone whom either admits.
  package func union(_ other: Admission) -> Admission {
    guard case .frontEnds(let own) = self, case .frontEnds(let others) = other else {
      return .everyone
    }
    return .frontEnds(own.union(others))
  }

  /// - Parameter name: the common name of a client certificate.
  package func admits(_ name: String) -> Bool {
    guard case .frontEnds(let names) = self else { return true }
    return HostName(name).map(names.contains) ?? false
  }
}

/// A condition of nginx's `if`: a variable and a text, or a pattern that ignores case.
struct Condition: Hashable, Sendable {
  private enum Operator { case equals, matches, matchesExactly }

  private let variable: Variable
  private let comparison: Operator
  private let value: Argument

  static func equals(_ variable: Variable, _ value: Argument) -> Condition {
    Condition(variable: variable, comparison: .equals, value: value)
  }

  /// Whether the variable equals a name as DNS compares them: in any case, with or without the final dot.
  static func isName(_ variable: Variable, _ name: DomainName) -> Condition {
    Condition(variable: variable, comparison: .matches, value: .pattern(of: name))
  }

  /// Whether the variable begins with a text, which is a regular expression without `^`.
  static func begins(_ variable: Variable, _ text: Argument) -> Condition {
    Condition(variable: variable, comparison: .matchesExactly, value: "^\(text)")
  }

  /// Whether an address, as its bytes, is in a range: not every nginx has the module `geo`.
  static func isAddress(_ variable: Variable, in range: AddressRange) -> Condition {
    Condition(variable: variable, comparison: .matchesExactly, value: .pattern(of: range))
  }

  func directive(negated: Bool = false, _ block: Directive) -> Directive {
    let mark: Argument =
      switch comparison {
      case .equals: negated ? "!=" : "="
      case .matches: negated ? "!~*" : "~*"
      case .matchesExactly: negated ? "!~" : "~"
      }
    return Directive("if", "(\(variable)", mark, "\(value))", block: [Paragraph([block])])
  }
}

extension [Condition] {
  /// Ends requests for which none of the conditions holds. An `if` of nginx has only one condition, so several
  /// `if`s each clear a variable.
  func otherwise(return status: Int) -> [Directive] {
    let refusal = Directive("return", "\(status)")
    if count == 1 { return [self[0].directive(negated: true, refusal)] }
    return [Directive("set", "\(.refused)", "yes")]
      + map { $0.directive(Directive("set", "\(.refused)", "")) }
      + [Directive("if", "(\(.refused))", block: [Paragraph([refusal])])]
  }
}
