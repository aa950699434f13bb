// All of Foundation, for JSONSerialization: the decoder of FoundationEssentials does not keep numbers as
// they are written.
internal import Foundation
package import State

/// Finds numbers that cannot be integers of a document; a JSON decoder does not report their place.
package enum JSONNumbers {
  /// The first such number with its place; nil if there is none, or if the bytes are not JSON.
  package static func mistake(in bytes: [UInt8]) -> StateMistake? {
    let document: Any
    do {
      document = try JSONSerialization.jsonObject(with: Data(bytes))
    } catch {
      return nil
    }
    return mistake(in: document, at: .root)
  }

  private static func mistake(in value: Any, at place: ValuePlace) -> StateMistake? {
    switch value {
    case let object as [String: Any]:
      return object.sorted { $0.key < $1.key }.lazy
        .compactMap { mistake(in: $0.value, at: place.at($0.key)) }.first
    case let list as [Any]:
      return list.enumerated().lazy
        .compactMap { mistake(in: $0.element, at: place.at($0.offset)) }.first
    case let number as NSNumber where Int64(exactly: number) == nil:
      return place.mistake("\(number) is not a whole number in range")
    default: return nil
    }
  }
}
