/// Quotes words for a POSIX shell: the arguments of host commands, and words in the commands that
/// messages suggest.
package enum ShellWord {
  package static func quoted(_ word: String) -> String {
    // Scalars, because an apostrophe with a combining accent is one character, but ends the word for a shell.
    let parts = word.unicodeScalars.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.map { String($0) }.joined(separator: "'\\''") + "'"
  }

  /// The word as a person would type it: quoted only if a shell would read it in another way.
  package static func typed(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      default: "/._-:+=@%".utf8.contains(byte)
      }
    }
    return isPlain && !word.isEmpty ? word : quoted(word)
  }
}
