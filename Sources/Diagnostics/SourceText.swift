/// A file's name and bytes, so that a message can show the line it is about.
package struct SourceText: Hashable, Sendable {
  /// As named by the user.
  package let file: String
  package let bytes: [UInt8]
  /// What relative paths in it are relative to, from the folder of the file that the user named; empty if that is the
  /// same folder.
  package let folder: String

  package init(file: String, bytes: [UInt8], folder: String = "") {
    self.file = file
    self.bytes = bytes
    self.folder = folder
  }

  package init(file: String, text: String) {
    self.init(file: file, bytes: Array(text.utf8))
  }

  /// The lines without their ends (line feed, carriage return, or both), as Unicode scalars.
  ///
  /// Bytes that are not UTF-8 become U+FFFD; a byte order mark at the start is not part of a line.
  package var lines: [[Unicode.Scalar]] {
    var lines: [[Unicode.Scalar]] = []
    var line: [Unicode.Scalar] = []
    var previous: Unicode.Scalar?
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar {
      case "\n" where previous == "\r": break
      case "\n", "\r":
        lines.append(line)
        line = []
      case "\u{FEFF}" where previous == nil: break
      default: line.append(scalar)
      }
      previous = scalar
    }
    lines.append(line)
    return lines
  }

  /// The place of the character that the byte at `offset` belongs to.
  package func place(ofByte offset: Int) -> SourcePlace {
    let before = SourceText(file: file, bytes: Array(bytes.prefix(offset)))
    let lines = before.lines
    return SourcePlace(file: file, line: lines.count, column: (lines.last?.count ?? 0) + 1)
  }
}
