import Diagnostics
import Schema

extension Page {
  /// Adds a key with its type, its default, what it means, the keys below it and an example.
  mutating func add(_ place: KeyPlace) {
    let about = place.about
    add("\(place.name): \(about.shape.words.withoutCode)", .bold)
    add(
      about.absence == .required
        ? "It is required." : "Without it: \(about.absenceWords.withoutCode)", indent: 2)
    if !about.summary.isEmpty { add(about.summary.withoutCode, indent: 2, hanging: 0) }
    for rule in about.shape.rules { add("Here, \(rule).", indent: 2, hanging: 0) }
    for mapping in about.shape.mappings {
      addEmptyLine()
      add("\(mapping.owner.capitalized) has the keys", indent: 2)
      addEmptyLine()
      add(keys: mapping, below: 4)
    }
    guard let example = place.exampleLines else { return }
    addEmptyLine()
    add("Example:", indent: 2)
    addEmptyLine()
    for line in example { addUnwrapped(StyledText("    " + line)) }
  }

  /// Adds a line for each key: its name, and what it means.
  mutating func add(keys mapping: MappingShape, below indent: Int = 2) {
    let width = mapping.keys.map(\.name.count).max() ?? 0
    for key in mapping.keys {
      let name = key.name + String(repeating: " ", count: width - key.name.count)
      let summary = key.about.summary.isEmpty ? key.about.shape.words : key.about.summary
      add("\(name)  \(summary.firstSentence.withoutCode)", indent: indent, hanging: width + 2)
    }
  }
}

extension String {
  /// The text for a terminal, without the backticks around code.
  var withoutCode: String { replacing("`", with: "") }

  fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }

  /// The text up to its first full stop that ends a sentence.
  fileprivate var firstSentence: String {
    firstRange(of: ". ").map { String(self[..<$0.lowerBound]) + "." } ?? self
  }
}
