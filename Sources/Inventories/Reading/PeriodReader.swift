package import Diagnostics
package import Fleet
package import YAML

extension Node {
  /// Reads a period such as `30d`, at most `100y`; reports anything else.
  package func period(_ found: inout DiagnosticCollector) -> Period? {
    value(noun: Period.noun, rule: Period.rule, &found, parse: Period.init)
  }
}
