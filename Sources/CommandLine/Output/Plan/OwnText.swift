import Glibc

/// A text of one host in which the host's own names do not count: two are equal if they differ in nothing else.
struct OwnText: Hashable {
  /// What is between the own names.
  private let pieces: [Substring]

  /// - Parameter names: what only this host is called, such as its name and its address. A plain word counts: it
  ///   may be a setting (`on`, `off`) in which two hosts differ.
  init(_ text: String, without names: [String]) {
    var text = text
    let names = names.filter { $0.utf8.contains { !$0.isLowercaseLetter } }
    let found = text.withUTF8 { bytes in
      names.flatMap { Self.places(of: $0, in: bytes) }.sorted { $0.lowerBound < $1.lowerBound }
    }
    var (pieces, start) = ([Substring](), text.startIndex)
    for place in found {
      let end = text.utf8.index(text.startIndex, offsetBy: place.lowerBound)
      // Names may overlap.
      guard end >= start else { continue }
      pieces.append(text[start..<end])
      start = text.utf8.index(text.startIndex, offsetBy: place.upperBound)
    }
    self.pieces = pieces + [text[start...]]
  }

  /// Whether the text has one of the names.
  var namesItsHost: Bool { pieces.count > 1 }

  /// Where a name stands alone: `app-1` is not in `app-10`, `my-app-1` or `app-1.example`.
  private static func places(
    of name: String, in bytes: UnsafeBufferPointer<UInt8>
  ) -> [Range<Int>] {
    let name = Array(name.utf8)
    guard let first = name.first else { return [] }
    var (places, start) = ([Range<Int>](), bytes.startIndex)
    while let place = place(of: first, in: bytes, from: start) {
      let end = place + name.count
      let isName = end <= bytes.count && bytes[place..<end].elementsEqual(name)
      if isName, isAlone(place..<end, in: bytes) { places.append(place..<end) }
      start = isName ? end : place + 1
    }
    return places
  }

  /// The texts of ten thousand hosts have hundreds of megabytes, so the C library searches them.
  private static func place(
    of byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Int? {
    guard let base = bytes.baseAddress, start < bytes.count else { return nil }
    return memchr(base + start, Int32(byte), bytes.count - start)
      .map { UnsafeRawPointer(base).distance(to: UnsafeRawPointer($0)) }
  }

  private static func isAlone(_ place: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let dot = UInt8(ascii: ".")
    if let before = bytes[..<place.lowerBound].last, before.isInsideName || before == dot {
      return false
    }
    let after = bytes[place.upperBound...].prefix(2)
    guard let next = after.first else { return true }
    // A dot before a space ends a sentence.
    return !next.isInsideName
      && (next != dot || after.count == 1 || !(after.last ?? dot).isInsideName)
  }
}

extension UInt8 {
  fileprivate var isLowercaseLetter: Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= self }

  /// Whether a name or an address continues with the byte. A dot may also end a sentence.
  fileprivate var isInsideName: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: ":"):
      true
    default: false
    }
  }
}
