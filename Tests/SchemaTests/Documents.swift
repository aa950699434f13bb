import Application
import Diagnostics
import Inventories
import Playbooks
import Schema
import YAML

extension KeyReference {
  /// The mistakes that the reader finds in the text of an inventory or a playbook.
  func mistakes(in text: String) -> [Diagnostic] {
    let source = SourceText(file: "file.yml", text: text)
    let diagnostics =
      switch self {
      case .inventory: Inventory.read(source).diagnostics
      case .playbook: Playbook.read(source).diagnostics
      }
    return diagnostics.filter { $0.severity == .error }
  }

  /// Those of single values; the others come from comparing values.
  func readingMistakes(in text: String) -> [Diagnostic] {
    mistakes(in: text).filter { ReadingMistake(rawValue: $0.summary) != nil }
  }
}

/// A key of the inventory or of a playbook, and documents in which it stands.
struct DocumentedKey: Sendable, CustomStringConvertible {
  let reference: KeyReference
  let place: KeyPlace

  static let all = KeyReference.allCases.flatMap { reference in
    reference.keys.places().map { DocumentedKey(reference: reference, place: $0) }
  }

  var description: String { place.name }

  /// A document with the key, and otherwise only with what is required.
  ///
  /// - Parameter value: the value of the key, in YAML; nil for its example.
  func document(_ value: String? = nil) -> String? {
    reference.keys.sample(with: place.path[...], as: value)
  }

  /// Documents with a key that no mapping has, one for each mapping that the value is or contains.
  var documentsWithUnknownKey: [(mapping: MappingShape, text: String)] {
    place.about.shape.around("{unknown_key: 1}").compactMap { mapping, value in
      document(value).map { (mapping, $0) }
    }
  }

  /// Documents with a value of each type at the key.
  var documentsOfEachType: [String] {
    let values = ["null", "text", "[]", "[[[]]]", "{}", "{unknown_key: 1}", "1.5", "true", "false"]
    return values.compactMap(document) + documentsWithUnknownKey.map(\.text)
  }
}

extension Shape {
  /// The value with a text in place of each mapping with known keys.
  fileprivate func around(_ text: String) -> [(MappingShape, String)] {
    switch self {
    case .text, .choice, .boolean, .constant, .integer: []
    case .mapping(let mapping): [(mapping, text)]
    case .list(let element, _): element.around(text).map { ($0, "[\($1)]") }
    case .entries(let value, let name):
      value.around(text).map { ($0, "{\(name.example ?? ""): \($1)}") }
    case .either(let shapes): shapes.flatMap { $0.around(text) }
    }
  }
}
