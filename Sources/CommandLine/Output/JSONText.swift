import Diagnostics
import FoundationEssentials

/// Formats JSON output (docs/json.md): sorted keys, one value per line, and `\u` escapes for
/// characters that could deceive a reader.
enum JSONText {
  static func print(_ value: some Encodable) throws {
    Console.output(try text(value))
  }

  /// The JSON of a value; throws if the value cannot be encoded.
  static func text(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return escaped(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// The JSON of a value in one line.
  static func line(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return escaped(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// Escapes what the encoder does not: it escapes C0 controls only (RFC 8259). Others occur only
  /// in strings.
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
