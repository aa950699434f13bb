import ArgumentParser
import Testing

@testable import CommandLine

@Suite("Colours")
struct ColorTests {
  /// What decides, and whether output to a terminal and elsewhere is coloured.
  struct Case: Sendable {
    var words: [String] = []
    var environment: [String: String] = ["TERM": "xterm"]
    let onTerminal: Bool
    let elsewhere: Bool
  }

  @Test(
    "the option is stronger than variables, and NO_COLOR than the others",
    arguments: [
      Case(onTerminal: true, elsewhere: false),
      Case(words: ["--color", "auto"], onTerminal: true, elsewhere: false),
      Case(environment: ["TERM": "xterm", "NO_COLOR": ""], onTerminal: true, elsewhere: false),
      Case(environment: ["TERM": "xterm", "NO_COLOR": "1"], onTerminal: false, elsewhere: false),
      Case(environment: ["TERM": "dumb"], onTerminal: false, elsewhere: false),
      Case(environment: ["TERM": ""], onTerminal: false, elsewhere: false),
      Case(environment: [:], onTerminal: false, elsewhere: false),
      Case(environment: ["CLICOLOR_FORCE": "1"], onTerminal: true, elsewhere: true),
      Case(environment: ["CLICOLOR_FORCE": "0"], onTerminal: false, elsewhere: false),
      Case(environment: ["CLICOLOR_FORCE": ""], onTerminal: false, elsewhere: false),
      Case(
        environment: ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"], onTerminal: false, elsewhere: false),
      Case(
        words: ["--color", "always"], environment: ["NO_COLOR": "1"], onTerminal: true,
        elsewhere: true),
      Case(
        words: ["--color", "never"], environment: ["TERM": "xterm", "CLICOLOR_FORCE": "1"],
        onTerminal: false, elsewhere: false),
      Case(words: ["--no-color"], onTerminal: false, elsewhere: false),
    ])
  func color(_ item: Case) throws {
    let option = try ColorOption.parse(item.words)
    #expect(option.isUsed(onTerminal: true, environment: item.environment) == item.onTerminal)
    #expect(option.isUsed(onTerminal: false, environment: item.environment) == item.elsewhere)
  }
}
