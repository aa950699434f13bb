import ArgumentParser

/// How much a command says.
enum Verbosity: Sendable {
  /// Only results, warnings and errors.
  case quiet
  case usual
  /// Each host and each step.
  case verbose
}

/// The options that say how much a command says.
struct VerbosityOptions: ParsableArguments {
  @Flag(
    name: .shortAndLong,
    help:
      "Show each host instead of groups and counts, and each step of a run: connections, keys, messages of hosts."
  )
  var verbose = false

  @Flag(name: .shortAndLong, help: "Show no progress; warnings and errors are shown.")
  var quiet = false

  var level: Verbosity { quiet ? .quiet : verbose ? .verbose : .usual }

  func validate() throws {
    guard !verbose || !quiet else {
      throw ValidationError("--verbose cannot be combined with --quiet.")
    }
  }
}
