import Application
import ArgumentParser

/// How many hosts a command works on at the same time.
struct ParallelOption: ParsableArguments {
  @Option(help: "How many hosts are dealt with at a time.")
  var parallel = RunScope.usualParallel

  func validate() throws {
    guard parallel >= 1 else { throw ValidationError("--parallel takes a number from 1 up.") }
  }
}
