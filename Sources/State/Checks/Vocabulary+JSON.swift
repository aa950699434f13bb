import Diagnostics
package import Fleet

// The values of `Fleet` in JSON: texts or numbers that are checked as they are read. A value that is not
// allowed is reported with its place, like a value of the wrong type.

extension Decoder {
  /// Decodes a value that is written as a text.
  ///
  /// - Parameter noun: what it is, with its article.
  func value<Value>(_ noun: String, _ parse: (String) -> Value?) throws -> Value {
    let container = try singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = parse(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\"\(HostText(text, limit: 100))\" is not \(noun)")
    }
    return value
  }

  /// Decodes a value that is written as a whole number.
  ///
  /// - Parameter range: the numbers that are allowed, for the message about others.
  func number<Value>(in range: ClosedRange<Int>, _ parse: (Int) -> Value?) throws -> Value {
    let container = try singleValueContainer()
    let number = try container.decode(Int.self)
    guard let value = parse(number) else {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: "\(number) is not within \(range.lowerBound) and \(range.upperBound)")
    }
    return value
  }
}

extension ValidatedText where Self: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decoder.value(Self.noun) { Self($0) }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

extension HostName: Codable {}
extension DomainName: Codable {}

// A dictionary by host is an object in JSON.
extension HostName: CodingKeyRepresentable {
  fileprivate struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  package var codingKey: any CodingKey { Key(stringValue: text) }
  package init?(codingKey: some CodingKey) { self.init(codingKey.stringValue) }
}

extension KeyedDecodingContainer {
  package func decode<Value: Decodable>(
    _ type: [HostName: Value].Type, forKey key: Key
  ) throws -> [HostName: Value] {
    try valuesByHost(key)
  }

  /// Decodes values by host: the decoder's own method does not report the place of an invalid host name.
  func valuesByHost<Value: Decodable>(_ key: Key) throws -> [HostName: Value] {
    // Counted before any value is read. A value that is not a dictionary is refused below.
    let count = (try? nestedContainer(keyedBy: HostName.Key.self, forKey: key))?.allKeys.count ?? 0
    guard count <= ValuePlace.mostEntries else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: codingPath + [key], debugDescription: ValuePlace.tooMany(count)))
    }
    var values: [HostName: Value] = [:]
    for (text, value) in try decode([String: Value].self, forKey: key) {
      guard let host = HostName(text) else { throw wrongName(text, below: key) }
      values[host] = value
    }
    return values
  }

  private func wrongName(_ text: String, below key: Key) -> DecodingError {
    .dataCorrupted(
      .init(
        codingPath: codingPath + [key, HostName.Key(stringValue: text)],
        debugDescription: "its key is not \(HostName.noun)"))
  }
}

extension HostRoles: Codable {
  /// Reads a single role; a mistake is reported with its place.
  private struct One: Decodable {
    let roles: HostRoles

    init(from decoder: any Decoder) throws {
      roles = try decoder.value("a role") { HostRoles(names: [$0]) }
    }
  }

  package init(from decoder: any Decoder) throws {
    let all = try [One](from: decoder).map(\.roles)
    self.init(
      all.reduce(into: []) { $0.formUnion($1.roles) },
      isContainerHost: all.contains(where: \.isContainerHost))
  }

  package func encode(to encoder: any Encoder) throws { try names.encode(to: encoder) }
}

extension IPAddress: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decoder.value("an IP address") { IPAddress($0) }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension AddressRange: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decoder.value("an address range") { AddressRange($0) }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension Port: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decoder.number(in: 1...65_535) { Port($0) }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(number)
  }
}

extension ReleaseNumber: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decoder.number(in: Self.range) { ReleaseNumber($0) }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}

extension ReleaseBefore: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decoder.number(in: 0...ReleaseNumber.range.upperBound) { number in
      number == 0 ? .noRelease : ReleaseNumber(number).map { .release($0) }
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(number.orZero)
  }
}

extension Fingerprint: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decoder.value("a release and its digest") { Fingerprint(rawValue: $0) }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}
