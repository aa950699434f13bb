import Application
import ArgumentParser

/// The option `--parallel`: how many hosts a command works on at the same time.
struct ParallelOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Maximum number of hosts to work on at the same time.", valueName: "n"))
  var parallel = RunScope.usualParallel

  func validate() throws {
    guard parallel >= 1 else { throw ValidationError("--parallel must be at least 1.") }
  }
}
