import Diagnostics

/// The text of metrics in the two formats that Prometheus reads.
package enum MetricText: Sendable {
  /// OpenMetrics 1.0, which ends with `# EOF`.
  case openMetrics
  /// The older text format of Prometheus 0.0.4: the textfile collector of node_exporter reads no other.
  case prometheus

  package func text(of families: [MetricFamily]) -> String {
    families.filter { !$0.samples.isEmpty }.map(text).joined()
      + (self == .openMetrics ? "# EOF\n" : "")
  }

  private func text(of family: MetricFamily) -> String {
    let metric = family.metric
    let sampleName = metric.rawValue + (metric.kind == .info ? "_info" : "")
    // The older format has no type for information, and knows samples only.
    let name = self == .openMetrics ? metric.rawValue : sampleName
    let kind = self == .openMetrics ? metric.kind : .gauge
    var lines = ["# HELP \(name) \(metric.help)", "# TYPE \(name) \(kind.rawValue)"]
    if self == .openMetrics, let unit = metric.unit { lines.append("# UNIT \(name) \(unit)") }
    lines += family.samples.map { sample in
      let labels = sample.labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }
      return "\(sampleName){\(labels.joined(separator: ","))} \(sample.value)"
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// The value of a label: both formats escape these three characters, and know no other escapes.
  private static func escaped(_ value: String) -> String {
    value.unicodeScalars.map { scalar in
      switch scalar {
      case "\\": "\\\\"
      case "\"": "\\\""
      case "\n": "\\n"
      case _ where scalar.isDeceptive:
        HostText(String(scalar)).text.replacing("\\", with: "\\\\")
      default: String(scalar)
      }
    }.joined()
  }
}
