import Foundation
import Testing

@Suite("The list of invariants")
struct InvariantsTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The suites that the text names, by file.
  private static func named(in text: String) -> [(file: String, suite: String)] {
    text.matches(of: /- `([^:`]+): ([^`]+)`/).map { (String($0.output.1), String($0.output.2)) }
  }

  @Test("names only test suites that exist")
  func suites() throws {
    let named = Self.named(in: try Self.text("docs/invariants.md"))
    #expect(named.count > 40)
    for (file, suite) in named {
      #expect(try Self.text("Tests/\(file)").contains("\"\(suite)\""), "\(file): \(suite)")
    }
  }

  @Test("has at least one test suite for each invariant")
  func headings() throws {
    let sections = try Self.text("docs/invariants.md").split(separator: "\n### ").dropFirst()
    #expect(sections.count == 11)
    for section in sections {
      #expect(!Self.named(in: String(section)).isEmpty, "\(section.prefix { $0 != "\n" })")
    }
  }
}
