import Diagnostics

/// The line after the diagnostics of a file: `3 errors, 1 warning in shop.yml`.
struct DiagnosticCount {
  private let diagnostics: [Diagnostic]
  private let file: String

  init(_ diagnostics: [Diagnostic], in file: String) {
    self.diagnostics = diagnostics
    self.file = file
  }

  var text: String {
    let parts = [Diagnostic.Severity.error, .warning].compactMap { severity -> String? in
      let count = diagnostics.count { $0.severity == severity }
      return count == 0 ? nil : count.counting(severity.rawValue)
    }
    return "\(parts.joined(separator: ", ")) in \(file)"
  }
}
