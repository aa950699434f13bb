package import Diagnostics
package import Fleet
package import YAML

extension Node {
  package func period(_ found: inout DiagnosticCollector) -> Period? {
    value(noun: Period.noun, rule: Period.rule, &found, parse: Period.init)
  }
}
