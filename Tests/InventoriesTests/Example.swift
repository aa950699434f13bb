import Diagnostics
import Foundation
import Inventories
import Testing

/// An inventory of the repository.
struct Example: CustomTestStringConvertible {
  let name: String
  let text: String

  var testDescription: String { name }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Inventories")

  static let demo = Example(named: "demo.yml")
  static let shop = Example(named: "shop.yml")

  static let all: [Example] = {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0.hasSuffix(".yml") }.sorted().map(Example.init)
    } catch {
      Issue.record(error)
      return []
    }
  }()

  private init(named name: String) {
    self.name = name
    do {
      text = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
    } catch {
      Issue.record(error)
      text = ""
    }
  }

  private var result: (inventory: Inventory?, diagnostics: [Diagnostic]) {
    Inventory.read(SourceText(file: name, text: text))
  }

  var diagnostics: [Diagnostic] { result.diagnostics }

  func read() throws -> Inventory { try #require(result.inventory, "\(diagnostics)") }
}
