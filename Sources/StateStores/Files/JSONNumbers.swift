internal import FoundationEssentials
package import State

/// Finds numbers that cannot be integers of a document; a JSON decoder does not report their place.
package enum JSONNumbers {
  /// The first such number with its place; nil if there is none, or if the bytes are not JSON.
  package static func mistake(in bytes: [UInt8]) -> StateMistake? {
    do {
      return try JSONDecoder().decode(JSONValue.self, from: Data(bytes)).mistake(at: .root)
    } catch {
      return nil
    }
  }
}

/// Any value of JSON, as far as its numbers matter.
private enum JSONValue: Decodable {
  case object([String: JSONValue])
  case list([JSONValue])
  /// A number that is not an integer of 64 bits, as it is shown.
  case otherNumber(String)
  case otherValue

  init(from decoder: any Decoder) throws {
    if let object = try? [String: JSONValue](from: decoder) {
      self = .object(object)
    } else if let list = try? [JSONValue](from: decoder) {
      self = .list(list)
    } else {
      self = Self.scalar(try decoder.singleValueContainer())
    }
  }

  private static func scalar(_ value: any SingleValueDecodingContainer) -> JSONValue {
    func isA<Value: Decodable>(_ type: Value.Type) -> Bool { (try? value.decode(type)) != nil }
    if value.decodeNil() || isA(String.self) || isA(Bool.self) || isA(Int64.self) {
      return .otherValue
    }
    // A decimal has the digits that are written.
    let number = (try? value.decode(Decimal.self)).map { "\($0)" }
    return .otherNumber(number ?? (try? value.decode(Double.self)).map { "\($0)" } ?? "a number")
  }

  func mistake(at place: ValuePlace) -> StateMistake? {
    switch self {
    case .object(let object):
      object.sorted { $0.key < $1.key }.lazy
        .compactMap { $0.value.mistake(at: place.at($0.key)) }.first
    case .list(let list):
      list.enumerated().lazy.compactMap { $0.element.mistake(at: place.at($0.offset)) }.first
    case .otherNumber(let number): place.mistake("\(number) is not a whole number in range")
    case .otherValue: nil
    }
  }
}
