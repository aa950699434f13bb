import Application
import ArgumentParser
import FoundationEssentials

/// The option `--color`: whether output is coloured.
struct ColorOption: ParsableArguments {
  enum Choice: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never
  }

  @Option(
    help: ArgumentHelp(
      """
      Print with colours. auto: on a terminal, unless NO_COLOR is set or TERM is dumb; also elsewhere if CLICOLOR_FORCE \
      is set.
      """, valueName: "when"))
  var color: Choice?

  @Flag(name: .customLong("no-color"), help: .hidden) var noColor = false

  func validate() throws {
    guard !noColor || color == nil || color == .never else {
      throw ValidationError("--no-color cannot be combined with --color.")
    }
  }

  /// Whether output is coloured. The options are stronger than variables, and of these NO_COLOR is the strongest
  /// (https://no-color.org, https://bixense.com/clicolors).
  func isUsed(
    onTerminal isTerminal: Bool,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> Bool {
    func value(_ name: String) -> String? { EnvironmentVariable.value(name, in: environment) }
    switch noColor ? .never : color ?? .auto {
    case .always: return true
    case .never: return false
    case .auto:
      if value("NO_COLOR") != nil { return false }
      if let force = value("CLICOLOR_FORCE"), force != "0" { return true }
      return isTerminal && value("TERM") ?? "dumb" != "dumb"
    }
  }
}
