import Diagnostics
import FoundationEssentials

/// JSON as this program prints it: sorted keys, one value a line, characters that could deceive a reader
/// as `\u` escapes.
enum JSONText {
  static func print(_ value: some Encodable) throws {
    Console.output(try text(value))
  }

  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return escaped(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// The encoder escapes C0 controls only, as RFC 8259 demands; others occur in strings alone.
  private static func escaped(_ json: String) -> String {
    guard json.unicodeScalars.contains(where: { $0.isDeceptive && $0 != "\n" }) else { return json }
    return json.unicodeScalars.map { scalar in
      guard scalar.isDeceptive, scalar != "\n" else { return String(scalar) }
      return String(scalar).utf16.map { unit in
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }.joined()
    }.joined()
  }
}
