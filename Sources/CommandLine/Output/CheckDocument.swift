import Application
import Diagnostics
import Fleet
import Inventories
import Playbooks

/// The JSON of `deploy check`, which docs/json.md describes.
struct CheckDocument: Encodable {
  /// A mistake or a warning in a file.
  struct Finding: Encodable {
    var severity: String
    var summary: String
    var detail: String
    var file: String?
    var line: Int?
    var column: Int?
    var suggestion: String?

    init(_ diagnostic: Diagnostic) {
      severity = diagnostic.severity.rawValue
      summary = diagnostic.summary
      detail = diagnostic.detail
      file = diagnostic.place?.file
      line = diagnostic.place?.line
      column = diagnostic.place?.column
      suggestion = diagnostic.suggestion
    }
  }

  let version = 1
  var isValid: Bool
  var inventory: String?
  var fleet: String?
  var hosts: Int?
  var sites: Int?
  var playbook: String?
  var findings: [Finding]
  var warnings: [String]
  var note: String?
  /// A mistake that has no place in a file.
  var failure: String?

  init(_ report: CheckFleet.Report, _ findings: [Diagnostic]) {
    isValid = true
    inventory = report.path
    fleet = report.inventory.fleet.text
    hosts = report.inventory.hosts.count
    sites = report.inventory.sites.count
    playbook = report.playbook.name
    self.findings = findings.map(Finding.init)
    warnings = report.warnings
    note = report.note
  }

  init(_ failure: Failure, _ findings: [Diagnostic]) {
    isValid = false
    self.findings = findings.map(Finding.init)
    warnings = []
    self.failure = failure.message
  }
}
