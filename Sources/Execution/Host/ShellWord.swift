/// Quotes words for a POSIX shell: the arguments of host commands, and paths in the commands that
/// messages suggest.
package enum ShellWord {
  package static func quoted(_ word: String) -> String {
    // Scalars, because an apostrophe with a combining accent is one character, but ends the word for a shell.
    let parts = word.unicodeScalars.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.map { String($0) }.joined(separator: "'\\''") + "'"
  }
}
