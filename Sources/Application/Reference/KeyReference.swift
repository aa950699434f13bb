import FoundationEssentials
import Inventories
import Playbooks
package import Schema

/// The two files that users write, with every key that they may have (`deploy schema` and `deploy explain`).
package enum KeyReference: String, CaseIterable, Sendable {
  case inventory, playbook

  package var keys: MappingShape {
    switch self {
    case .inventory: Inventory.keys
    case .playbook: Playbook.keys
    }
  }

  /// A JSON Schema (2020-12) for editors, as text.
  ///
  /// - Parameter isPart: whether it is for a file that other files of the inventory complete.
  package func schema(isPart: Bool = false) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let name = self == .inventory ? isPart ? "Part of an inventory" : "Inventory" : "Playbook"
    let (title, keys) = ("\(name) of deploy", isPart ? keys.partial : keys)
    return String(
      decoding: try encoder.encode(keys.jsonSchema(titled: title)), as: UTF8.self) + "\n"
  }

  /// Where a key may stand and what it means; the inventory's keys come first.
  ///
  /// - Parameter path: such as `sites.back_end`.
  package static func search(_ path: String) -> KeySearch {
    KeySearch(path, in: allCases.map(\.keys))
  }
}
