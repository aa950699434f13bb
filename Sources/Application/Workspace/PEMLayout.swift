import Diagnostics

/// A defect in the text of a PEM file for which nginx does not find the certificates in it.
enum PEMLayout {
  case utf16
  /// The last line of one block and the first line of the next are one line.
  case joined
  /// The lines of blocks begin with white space.
  case indented
  /// Line breaks are written as `\n`.
  case escaped
  /// Line breaks have become spaces.
  case oneLine
  /// The last block has no end.
  case cutOff

  /// Nil if the text has none of these defects.
  init?(of bytes: [UInt8]) {
    if [[0xFF, 0xFE], [0xFE, 0xFF]].contains(where: { bytes.starts(with: $0) }) {
      self = .utf16
      return
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    let begins = lines.filter { $0.contains(Self.begin) }
    func has(_ isSo: (Substring) -> Bool) -> Bool { begins.contains(where: isSo) }
    if has({ $0.contains("----------BEGIN ") }) {
      self = .joined
    } else if has({ $0.contains("\\n") }) {
      self = .escaped
    } else if has({ $0.first?.isWhitespace == true }) {
      self = .indented
    } else if has({ $0.contains("----- ") }) {
      self = .oneLine
    } else if begins.count > lines.count(where: { $0.contains("-----END ") }) {
      self = .cutOff
    } else {
      return nil
    }
  }

  private static let begin = "-----BEGIN "

  /// What is wrong and the command that makes a file that nginx can read.
  func advice(at path: String) -> String {
    let file = ShellWord.quoted(path)
    let made = ShellWord.quoted(path + ".pem")
    func conversion(_ command: String) -> String { ". Convert it with:\n    \(command) > \(made)" }
    return switch self {
    case .utf16:
      "\(path) is UTF-16 text, which nginx cannot read"
        + conversion("iconv -f UTF-16 -t UTF-8 \(file)")
    case .joined:
      "\(path) has the END of a certificate and the BEGIN of the next in one line, which nginx cannot"
        + " read" + conversion("sed 's/----------BEGIN/-----\\n-----BEGIN/' \(file)")
    case .indented:
      "\(path) is indented, so nginx finds no certificate in it"
        + conversion("sed 's/^[[:space:]]*//' \(file)")
    case .escaped:
      "\(path) has \\n instead of line breaks, so nginx finds no certificate in it"
        + conversion("sed 's/\\\\n/\\n/g' \(file)")
    case .oneLine:
      "\(path) has spaces instead of line breaks, so nginx finds no certificate in it"
        + conversion(
          "sed 's/-----[A-Z ]*-----/\\n&\\n/g' \(file) | sed '/-----/! s/ /\\n/g' | sed '/^$/d'")
    case .cutOff:
      "\(path) is cut off: its last certificate has no END line. Copy the file again from where it was"
        + " issued"
    }
  }
}
