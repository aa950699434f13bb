/// The type of a value in an inventory or a playbook.
package indirect enum Shape: Hashable, Sendable {
  case text(TextShape)
  /// One of these words.
  case choice([String])
  case boolean
  /// Only this one of true and false.
  case constant(Bool)
  /// A whole number. A range to `Int.max` has no upper limit.
  case integer(ClosedRange<Int>)
  case list(Shape, atLeast: Int = 0)
  /// A mapping with known keys.
  case mapping(MappingShape)
  /// A mapping from names that the user chooses.
  case entries(of: Shape, named: TextShape)
  case either([Shape])

  /// The mappings with known keys that the value is, or that its elements and entries are.
  package var mappings: [MappingShape] { placedMappings.map(\.mapping) }

  /// The same, each with what is written between the value and the mapping: a name, or `-` for a list.
  var placedMappings: [(mapping: MappingShape, between: [String])] {
    switch self {
    case .text, .choice, .boolean, .constant, .integer: []
    case .list(let element, _): element.placedMappings.map { ($0, ["-"] + $1) }
    case .entries(let value, let name):
      value.placedMappings.map { ($0, [name.example ?? "NAME"] + $1) }
    case .mapping(let mapping): [(mapping, [])]
    case .either(let shapes): shapes.flatMap(\.placedMappings)
    }
  }
}

extension Shape {
  fileprivate var partial: Shape {
    switch self {
    case .text, .choice, .boolean, .constant, .integer: self
    case .list(let element, let count): .list(element.partial, atLeast: count)
    case .mapping(let mapping): .mapping(mapping.partial)
    case .entries(let value, let name): .entries(of: value.partial, named: name)
    case .either(let shapes): .either(shapes.map(\.partial))
    }
  }
}

/// A text that its reader checks, such as a host name. Where text is expected, a number or `true` is text too.
package struct TextShape: Hashable, Sendable {
  /// What it is, with its article.
  package var noun: String
  /// What is allowed, as the end of a sentence after "which is".
  package var rule: String
  /// How it is written, if that says more than the noun.
  package var form: String?
  /// A regular expression (ECMA-262) that matches every valid text, for editors; the text is then not written as a
  /// number.
  package var pattern: String?
  /// A valid text, in YAML.
  package var example: String?

  package init(
    noun: String, rule: String, form: String? = nil, pattern: String? = nil, example: String? = nil
  ) {
    self.noun = noun
    self.rule = rule
    self.form = form
    self.pattern = pattern
    self.example = example
  }
}

/// The keys of a mapping, made from their table.
package struct MappingShape: Hashable, Sendable {
  package struct Key: Hashable, Sendable {
    package var name: String
    package var about: KeyDescription
  }

  /// What the mapping describes, with its article.
  package var owner: String
  /// How the mapping is written, if that is short.
  package var form: String?
  /// In the order in which messages list them.
  package var keys: [Key]
  /// The names of keys of which at least one is needed.
  package var alternatives: [String]
  /// Groups of the names of keys that exclude each other.
  package var exclusive: [[String]]
  /// Whether keys that begin with `x-` are ignored.
  package var hasExtensions: Bool
  /// Keys at the top of the document with which required ones may be elsewhere.
  var completedBy: [String]

  /// - Parameters:
  ///   - excluded: keys that the reader knows, but refuses in this mapping with a reason.
  ///   - absence: what applies in this mapping without a key; nil for what the table says.
  package init<Table: KeyTable>(
    _ table: Table.Type, without excluded: Set<Table> = [],
    absence: (Table) -> KeyDescription.Absence? = { _ in nil }
  ) {
    owner = Table.owner
    form = Table.form
    keys = Table.allCases.filter { !excluded.contains($0) }
      .map { key in
        var about = key.about
        about.absence = absence(key) ?? about.absence
        return Key(name: key.rawValue, about: about)
      }
    alternatives = Table.alternatives.map(\.rawValue)
    exclusive = Table.exclusive.map { $0.map(\.rawValue) }
    hasExtensions = Table.hasExtensions
    completedBy = Table.completedBy
  }

  /// The same with another shape of the mappings of one key.
  package func changing(
    _ name: String, _ change: (MappingShape) -> MappingShape
  ) -> MappingShape {
    var mapping = self
    for position in keys.indices where keys[position].name == name {
      guard case .mapping(let inner) = keys[position].about.shape else { continue }
      mapping.keys[position].about.shape = .mapping(change(inner))
    }
    return mapping
  }

  /// The same for a mapping that need not have one of the alternatives.
  package var withoutAlternatives: MappingShape {
    var mapping = self
    mapping.alternatives = []
    return mapping
  }

  /// The same for a part of a document: nothing is required, at any depth.
  package var partial: MappingShape {
    var mapping = withoutAlternatives
    for position in keys.indices {
      if keys[position].about.absence == .required {
        mapping.keys[position].about.absence = .otherwise("none")
      }
      mapping.keys[position].about.shape = keys[position].about.shape.partial
    }
    return mapping
  }
}
