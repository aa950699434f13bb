import ArgumentParser
import Fleet

/// The option `--lock-timeout`: how long a command waits for hosts that another run has reserved.
struct LockOption: ParsableArguments {
  @Option(
    name: .customLong("lock-timeout"),
    help: ArgumentHelp(
      "How long to wait for other runs that have reserved the same hosts, such as 30s or 10m.",
      valueName: "period"))
  var timeout: Period?

  var duration: Duration { .seconds(timeout?.seconds ?? 0) }
}

extension Period: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}
