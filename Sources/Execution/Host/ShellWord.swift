/// Quotes words for a shell; the only place that does so.
package enum ShellWord {
  package static func quoted(_ word: String) -> String {
    // Scalars, because an apostrophe with a combining accent is one character, but ends the word for a shell.
    let parts = word.unicodeScalars.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.map { String($0) }.joined(separator: "'\\''") + "'"
  }
}
