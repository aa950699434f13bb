import ArgumentParser
import Fleet
import Reports

/// The options of `deploy status` for monitoring: where metrics are written, and when a plugin warns.
struct MonitoringOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Write metrics to this file instead of printing the status, for the textfile collector of node_exporter. The \
      name must end with .prom.
      """,
      valueName: "file"),
    completion: .file(extensions: ["prom"]))
  var textfile: String?

  @Option(
    name: .customLong("warn"),
    help: ArgumentHelp(
      "With --format nagios: warn this long before something expires. Default: 21d.",
      valueName: "period"))
  var warning: Period?

  @Option(
    help: ArgumentHelp(
      "With --format nagios: critical this long before something expires. Default: 7d.",
      valueName: "period"))
  var critical: Period?

  var thresholds: PluginResult.Thresholds {
    let usual = PluginResult.Thresholds.usual
    return PluginResult.Thresholds(
      warning: warning ?? max(usual.warning, critical ?? usual.critical),
      critical: critical ?? min(usual.critical, warning ?? usual.warning))
  }

  /// Refuses options that would be ignored.
  func check(with format: StatusFormat) throws {
    guard textfile == nil || format == .text else {
      throw ValidationError("--textfile cannot be combined with --format: it writes metrics.")
    }
    if let textfile, !textfile.hasSuffix(".prom") {
      throw ValidationError(
        "--textfile needs a name that ends with .prom: node_exporter reads no other files.")
    }
    guard format == .nagios || warning == nil && critical == nil else {
      throw ValidationError("--warn and --critical need --format nagios.")
    }
  }

  /// What is wrong with the thresholds; a plugin answers UNKNOWN then, because monitoring reads its exit code.
  var mistake: String? {
    guard thresholds.critical > thresholds.warning else { return nil }
    return
      "--critical \(thresholds.critical) is longer than --warn \(thresholds.warning): a plugin warns first"
  }
}
