import Foundation
import Testing

@testable import CommandLine

/// The tables in the documents are those that `scripts/make-reference` writes.
@Suite("The reference of keys")
struct ReferenceTests {
  private static let docs = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs")

  @Test("each table is in its page, and is up to date", arguments: KeyTables.sections)
  func tables(_ section: String) throws {
    let page = section == "playbook" ? "playbooks.md" : "inventory.md"
    let text = try String(contentsOf: Self.docs.appending(path: page), encoding: .utf8)
    let block =
      "<!-- keys \(section) -->\n\n\(try KeyTables.markdown(of: section))\n\n<!-- end of keys -->"
    #expect(text.contains(block), "run \"make reference\"")
  }

  @Test("no other table is in a page")
  func others() throws {
    var found: [String] = []
    for page in try FileManager.default.contentsOfDirectory(
      at: Self.docs, includingPropertiesForKeys: nil)
    where page.pathExtension == "md" {
      let text = try String(contentsOf: page, encoding: .utf8)
      found += text.matches(of: /<!-- keys (\S+) -->/).map { String($0.1) }
    }
    #expect(found.sorted() == KeyTables.sections.sorted())
  }
}
