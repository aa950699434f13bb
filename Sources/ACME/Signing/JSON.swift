import FoundationEssentials

/// How values become JSON texts: keys in order, so that equal values have equal texts.
enum JSON {
  static func encode(_ value: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(value))
    } catch {
      preconditionFailure("A message could not be encoded: \(error). This is a bug in deploy.")
    }
  }
}
