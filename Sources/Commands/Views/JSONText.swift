import Foundation

/// JSON as this program prints it: sorted keys, one value a line.
enum JSONText {
  static func print(_ value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    Console.output(String(decoding: try encoder.encode(value), as: UTF8.self))
  }
}
