/// The only place where a word is made safe for a shell.
package enum ShellWord {
  package static func quoted(_ word: String) -> String {
    // By scalars: an apostrophe under an accent is one character, but for a shell the word ends there.
    let parts = word.unicodeScalars.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.map { String($0) }.joined(separator: "'\\''") + "'"
  }
}
