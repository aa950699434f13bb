import Application
import ArgumentParser

/// The option `--parallel`: how many hosts a command works on at the same time.
struct ParallelOption: ParsableArguments {
  private static let variable = "DEPLOY_PARALLEL"

  @Option(
    name: .customLong("parallel"),
    help: ArgumentHelp(
      """
      Maximum number of hosts to work on at the same time. Default: $DEPLOY_PARALLEL, or else \
      \(RunScope.usualParallel).
      """, valueName: "n"))
  private var option: Int?

  /// The number that the option or the variable gives, or the usual one.
  var parallel: Int {
    option ?? EnvironmentVariable.value(Self.variable).flatMap { Int($0) }
      ?? RunScope.usualParallel
  }

  func validate() throws {
    if let option {
      guard option >= 1 else { throw ValidationError("--parallel must be at least 1.") }
    } else if let text = EnvironmentVariable.value(Self.variable) {
      guard let number = Int(text), number >= 1 else {
        throw ValidationError(
          "\(Self.variable) must be a whole number of at least 1, but it is \"\(text)\".")
      }
    }
  }
}
