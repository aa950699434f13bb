import Diagnostics

/// The line after the diagnostics of files: `3 errors, 1 warning in shop.yml`.
struct DiagnosticCount {
  private let diagnostics: [Diagnostic]
  private let files: String

  init(_ diagnostics: [Diagnostic], in sources: [SourceText]) {
    self.diagnostics = diagnostics
    let found = Set(diagnostics.compactMap { $0.place?.file })
    files = found.count > 1 ? "\(found.count) files" : found.first ?? sources.first?.file ?? ""
  }

  var text: String {
    let parts = [Diagnostic.Severity.error, .warning].compactMap { severity -> String? in
      let count = diagnostics.count { $0.severity == severity }
      return count == 0 ? nil : count.counting(severity.rawValue)
    }
    return "\(parts.joined(separator: ", ")) in \(files)"
  }
}
