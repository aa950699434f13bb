package import Fleet

// Values of the vocabulary as literals, for tests: a literal that is not valid ends the test run.

/// The value of a text; ends the run if the text is not valid.
private func valid<Value>(_ text: String, _ parse: (String) -> Value?) -> Value {
  guard let value = parse(text) else { fatalError("\"\(text)\" is not a valid \(Value.self)") }
  return value
}

extension IPAddress: ExpressibleByStringInterpolation {
  package init(stringLiteral text: String) { self = valid(text) { IPAddress($0) } }
}

extension AddressRange: ExpressibleByStringInterpolation {
  package init(stringLiteral text: String) { self = valid(text) { AddressRange($0) } }
}

extension HostName: ExpressibleByStringInterpolation {
  package init(stringLiteral text: String) { self = valid(text) { HostName($0) } }
}

extension DomainName: ExpressibleByStringInterpolation {
  package init(stringLiteral text: String) { self = valid(text) { DomainName($0) } }
}

extension UserName: ExpressibleByStringInterpolation {
  package init(stringLiteral text: String) { self = valid(text) { UserName($0) } }
}

extension LocalPath: ExpressibleByStringInterpolation {
  package init(stringLiteral text: String) { self = valid(text) { LocalPath($0) } }
}

extension Fingerprint: ExpressibleByStringInterpolation {
  package init(stringLiteral text: String) { self = valid(text) { Fingerprint(rawValue: $0) } }
}

extension Port: ExpressibleByIntegerLiteral {
  package init(integerLiteral number: Int) {
    self = valid("\(number)") { Int($0).flatMap { Port($0) } }
  }
}

extension ReleaseNumber: ExpressibleByIntegerLiteral {
  package init(integerLiteral number: Int) { self = valid("\(number)") { ReleaseNumber($0) } }
}

extension ReleaseBefore: ExpressibleByIntegerLiteral {
  package init(integerLiteral number: Int) { self = valid("\(number)") { ReleaseBefore($0) } }
}

extension HostRoles: ExpressibleByArrayLiteral {
  package init(arrayLiteral names: String...) {
    self = valid(names.joined(separator: ",")) { _ in HostRoles(names: names) }
  }
}
