import Diagnostics
package import Fleet

// The vocabulary as JSON has it: a text or a number, checked where it is read. A value that is not allowed is
// an error that has its place, as one of the wrong type is.

extension Decoder {
  /// A value that is written as a text.
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
    let container = try decoder.singleValueContainer()
    let number = try container.decode(Int.self)
    guard let port = Port(number) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "\(number) is not within 1 and 65535")
    }
    self = port
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(number)
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
