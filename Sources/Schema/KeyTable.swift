/// The keys of one mapping of an inventory or a playbook, one case each.
///
/// Readers know the keys of a mapping from its table only, and so do `deploy schema`, `deploy explain` and the tables
/// in docs/inventory.md and docs/playbooks.md.
package protocol KeyTable: CaseIterable, Hashable, RawRepresentable<String>, Sendable {
  /// What the mapping describes, with its article, for messages: "a site".
  static var owner: String { get }
  /// How the mapping is written, with code between backticks, if that is short; nil to list its keys.
  static var form: String? { get }
  /// Keys of which at least one is needed; empty if there are none.
  static var alternatives: [Self] { get }
  /// Groups of keys of which a mapping has one at most: where mappings are joined, the one on top removes the others of its
  /// groups.
  static var exclusive: [[Self]] { get }
  /// Keys at the top of the document with which required ones may be elsewhere; empty if they cannot.
  static var completedBy: [String] { get }
  /// Whether keys that begin with `x-` are ignored: they are for anchors and for other programs.
  static var hasExtensions: Bool { get }
  /// What can be written behind the key, and what it means.
  var about: KeyDescription { get }
}

extension KeyTable {
  package static var form: String? { nil }
  package static var alternatives: [Self] { [] }
  package static var exclusive: [[Self]] { [] }
  package static var completedBy: [String] { [] }
  package static var hasExtensions: Bool { false }

  /// Whether a word is a key that the mapping may have although the table lacks it.
  package static func isExtension(_ word: String) -> Bool { hasExtensions && word.hasPrefix("x-") }

  /// The key that a word is, or that it was in an earlier version.
  package static func current(_ word: String) -> Self? {
    allCases.first { $0.about.earlierNames.contains(word) }
  }
}

/// What a key is for: the type of its value, what applies without it, and one or two sentences.
package struct KeyDescription: Hashable, Sendable {
  /// What applies if the key is not written.
  package enum Absence: Hashable, Sendable {
    /// That is a mistake.
    case required
    /// The same as with this value, which is YAML.
    case usual(String)
    /// What applies, in words.
    case otherwise(String)
  }

  package var shape: Shape
  package var absence: Absence
  /// Sentences for people, with code between backticks; may be empty if the key says it all.
  package var summary: String
  /// A valid value, in YAML's flow style; nil if the shape gives one.
  package var example: String?
  /// Names of the key in earlier versions. They are mistakes, which the message translates.
  package var earlierNames: [String]

  package init(
    _ shape: Shape, _ absence: Absence, _ summary: String = "", example: String? = nil,
    earlierNames: [String] = []
  ) {
    self.shape = shape
    self.absence = absence
    self.summary = summary
    self.example = example
    self.earlierNames = earlierNames
  }
}
