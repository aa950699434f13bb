import Foundation

/// A setting of a test run, from an environment variable: how many random runs, and from which seed.
///
/// `make sweep` sets them; without them a test makes the few runs that `make test` has time for.
package enum TestSetting {
  /// The value of a variable as a number; nil if it is not set.
  ///
  /// A value that is not a number ends the run: a misspelt one must not pass for a long sweep.
  package static func number<Number: FixedWidthInteger>(
    _ name: String, as type: Number.Type = Number.self
  ) -> Number? {
    guard let text = ProcessInfo.processInfo.environment[name] else { return nil }
    guard let number = Number(text) else { fatalError("\(name)=\(text) is not a number") }
    return number
  }

  /// How many random runs a test makes: few in `make test`, many in `make sweep` (`DEPLOY_SWEEP=1`).
  package static func count(_ few: Int, inSweep many: Int) -> Int {
    number("DEPLOY_SWEEP") == 1 ? many : few
  }

  /// Whether this is a run where nothing may be skipped because a tool is missing.
  package static let isContinuousIntegration =
    ProcessInfo.processInfo.environment["CI"].map { !$0.isEmpty } ?? false
}
