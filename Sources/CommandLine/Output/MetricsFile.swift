import Files
import Reports

/// The file of metrics that node_exporter's textfile collector reads.
enum MetricsFile {
  /// Replaces the file as a whole, so that a reader never sees half of it. Others can read it, whatever the umask.
  static func write(_ families: [MetricFamily], to path: String) throws {
    try FileWriter.replace(path, text: MetricText.prometheus.text(of: families), for: .published)
  }
}
