import Diagnostics
import TestSupport
import Testing

@Suite("A word of a shell command")
struct ShellWordTests {
  private static let words = [
    "", "a", "a b", "'", "''", "'\\''", "$(id)", "`id`", "\"", "\\", "a\nb", "\n", "!", "*", "#",
    "a=b",
    "'\u{301}; touch pwned #", "a'\u{200d}'$(id)", "\r\n'", "~", "~root", "-n", "é’s", "'\u{fe0f}'",
    "/etc/ssh/known_hosts", "[198.18.0.1]:2222",
  ]

  @Test("stays itself in every shell, however it is quoted", arguments: words)
  func quoting(_ word: String) throws {
    for shell in ["dash", "busybox sh", "bash"] {
      for text in [ShellWord.quoted(word), ShellWord.typed(word)] {
        let result = try Shell.run(
          shell.split(separator: " ").map(String.init) + ["-c", "printf '%s.' \(text)"])
        #expect(
          result.output.utf8.elementsEqual((word + ".").utf8), "\(shell): \(text): \(result.error)")
      }
    }
  }

  @Test("is shown without quotes if it needs none")
  func typed() {
    #expect(ShellWord.typed("/etc/ssh/known_hosts") == "/etc/ssh/known_hosts")
    #expect(ShellWord.typed("a b") == "'a b'" && ShellWord.typed("") == "''")
  }
}
