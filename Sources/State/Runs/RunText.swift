import Diagnostics

/// Makes texts valid for the history: one line of bounded length, safe to show, without passwords in addresses.
enum RunText {
  private static let mostBytes = 4000
  private static let mostWords = 200

  /// The text with everything escaped that could deceive a reader, shortened to what the history takes.
  static func line(_ text: String) -> String {
    let safe = HostText(text).text
    guard safe.utf8.count > mostBytes else { return safe }
    var kept = ""
    for scalar in safe.unicodeScalars {
      guard kept.utf8.count < mostBytes - 8 else { break }
      kept.unicodeScalars.append(scalar)
    }
    return kept + "…"
  }

  /// The words of a command line. No option of deploy takes a secret; an address may have one.
  static func command(_ words: [String]) -> [String] {
    let kept = words.prefix(mostWords).map { line(withoutPassword($0)) }
    return words.count > mostWords ? kept + ["…"] : kept
  }

  /// The address `https://user:password@host` without user and password.
  private static func withoutPassword(_ word: String) -> String {
    let characters = Array(word)
    let scheme = Array("://")
    guard
      let colon = characters.indices.first(where: {
        characters[$0...].starts(with: scheme)
      })
    else { return word }
    let rest = characters[(colon + scheme.count)...]
    let server = rest.prefix { !"/?#".contains($0) }
    guard let at = server.lastIndex(of: "@") else { return word }
    return String(characters[..<rest.startIndex]) + "…" + String(characters[at...])
  }
}
