/// Reads texts of the user that plans show and hosts get: they are UTF-8, and have no secret and no control characters.
enum UserText {
  /// A mistake in a file of the user.
  struct Mistake: Error, CustomStringConvertible { var description: String }

  /// - Returns: the text with Unix line endings, which ends in one.
  static func read(_ bytes: [UInt8], at path: String) throws -> String {
    guard let read = String(validating: bytes, as: UTF8.self) else {
      throw Mistake(description: "\(path) is not UTF-8 text")
    }
    // nginx accepts Windows line endings; plans and hosts get Unix ones.
    let text = read.replacing("\r\n", with: "\n")
    if let key = SecretText.kind(in: text) {
      throw Mistake(
        description: "\(path) contains \(key), which plans would show. Use a file without it")
    }
    let line = text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { line in
      line.unicodeScalars.contains {
        $0.value < 0x20 && $0 != "\t" && $0 != "\r" || $0.value == 0x7F
      }
    }
    if let line {
      throw Mistake(description: "\(path):\(line + 1) contains a control character: remove it")
    }
    return text.hasSuffix("\n") ? text : text + "\n"
  }
}
