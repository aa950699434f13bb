extension Sequence<UInt8> {
  /// Whether these bytes are a truncated JSON object; true if there are none at all.
  ///
  /// The structure is not checked, but bytes that JSON allows only in strings, such as the marks of a merge
  /// conflict, mean that it is not a truncated object.
  var isTruncatedJSONObject: Bool {
    var depth = 0
    var isBegun = false
    var isInString = false
    var isEscaped = false
    for byte in self {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): continue
      case _ where !isBegun: return false
      case UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: ","), UInt8(ascii: ":"):
        break
      default: return false
      }
      isBegun = true
      if depth == 0 { return false }
    }
    return true
  }
}
