internal import Diagnostics
import Fleet
internal import YAML

extension StubStatus {
  /// Reads `stub_status:`, with the place of its port, which must be free on every host.
  static func read(
    _ entry: Node.Entry, _ found: inout DiagnosticCollector
  ) -> Placed<StubStatus>? {
    guard let fields = Fields<StubStatusField>(entry.value, at: entry.place, &found)
    else { return nil }
    let allow = fields[.allow]?.ranges(
      ifEmpty: "Only the host itself could ask. For that, remove the key.", &found)
    guard let node = fields.required(.port, &found), let port = node.port(&found) else {
      return nil
    }
    return Placed(value: StubStatus(port: port, allow: allow ?? []), place: node.place)
  }
}
