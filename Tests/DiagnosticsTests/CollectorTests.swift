import Diagnostics
import Testing

@Suite("Collection of diagnostics")
struct CollectorTests {
  private func diagnostic(
    _ line: Int?, _ column: Int = 1, _ severity: Diagnostic.Severity = .error
  ) -> Diagnostic {
    Diagnostic(
      severity, "Sum", at: line.map { SourcePlace(file: "a", line: $0, column: column) },
      detail: "Why.")
  }

  @Test("diagnostics are sorted by place, errors first, each once")
  func order() {
    let expected = [
      diagnostic(nil), diagnostic(2, 9), diagnostic(2, 9, .warning), diagnostic(10, 1),
      diagnostic(10, 2),
    ]
    var found = DiagnosticCollector()
    for diagnostic in expected.reversed() + expected { found.report(diagnostic) }
    #expect(found.sorted == expected)
  }

  @Test("only errors count as errors")
  func severity() {
    var found = DiagnosticCollector()
    found.report(diagnostic(1, 1, .warning))
    #expect(!found.hasErrors)
    found.report(diagnostic(1))
    #expect(found.hasErrors)
  }

  @Test(
    "one edit is one insertion, removal, replacement or swap",
    arguments: [
      ("", "abc", 3), ("abc", "abc", 0), ("adress", "address", 1), ("prot", "port", 1),
      ("kitten", "sitting", 3), ("ca", "abc", 3),
    ])
  func distance(_ left: String, _ right: String, _ edits: Int) {
    #expect(Suggestion.distance(left, right) == edits)
    #expect(Suggestion.distance(right, left) == edits)
    #expect(Suggestion.distance(left, right, limit: edits) == edits)
    if edits > 0 { #expect(Suggestion.distance(left, right, limit: edits - 1) == nil) }
  }

  @Test("the nearest name is suggested if one is near")
  func nearest() {
    let names = ["address", "labels", "ssh"]
    #expect(Suggestion.nearest(to: "adress", among: names) == "address")
    #expect(Suggestion.nearest(to: "lable", among: names) == nil)
    #expect(Suggestion.nearest(to: "lables", among: names) == "labels")
    #expect(Suggestion.nearest(to: "app-9", among: ["app-2", "app-1", "app-3"]) == "app-1")
    #expect(Suggestion.nearest(to: "container", among: names) == nil)
    #expect(Suggestion.nearest(to: "", among: names) == nil)
    #expect(Suggestion.nearest(to: "ssh", among: ["ssh"]) == nil)
    #expect(Suggestion.nearest(to: String(repeating: "a", count: 65), among: names) == nil)
  }
}
